using Pilothouse.Auth;
using Pilothouse.Storage;

namespace Pilothouse.Signals;

/// <summary>Stores signals. Every new signal goes through this class, over HTTP or otherwise.</summary>
internal sealed class SignalService(TimeProvider clock)
{
    /// <summary>Stores a checked signal in the transaction of <paramref name="session"/>.</summary>
    /// <returns>Its id.</returns>
    public ValueTask<long> RecordAsync(Session session, Caller caller, NewSignal signal) =>
        SignalStore.Table.InsertAsync(session, caller, signal, clock.GetUtcNow());
}

using System.Globalization;
using Pilothouse.Auth;
using Pilothouse.Configuration;
using Pilothouse.Contract;
using Pilothouse.Storage;

namespace Pilothouse.Signals;

/// <summary>Stores signals, and what became of them. Every new signal goes through this class, over HTTP or otherwise.</summary>
internal sealed class SignalService(TimeProvider clock)
{
    /// <summary>Stores a checked signal in the transaction of <paramref name="session"/>.</summary>
    /// <returns>Its id.</returns>
    public ValueTask<long> RecordAsync(Session session, Caller caller, NewSignal signal) =>
        SignalStore.Table.InsertAsync(session, caller, signal, clock.GetUtcNow());

    /// <summary>Returns the signal; throws a refusal (404) if it is not stored.</summary>
    public static async ValueTask<Signal> FindAsync(Session session, long id) =>
        await SignalStore.FindAsync(session, id)
        ?? throw Refusal.NotFound("Signal not found", string.Create(CultureInfo.InvariantCulture, $"There is no signal {id}; GET /api/signals lists them."));

    /// <summary>Sets the status of a stored signal. One that has it already is not written again.</summary>
    /// <returns>The signal before and after.</returns>
    /// <exception cref="Refusal">It is not stored, or belongs to another bot than the caller.</exception>
    public static async ValueTask<(Signal Before, Signal After)> ChangeAsync(Session session, Caller caller, long id, SignalChange change, Settings settings)
    {
        var before = await FindAsync(session, id);
        caller.DemandBot(before.BotName, settings.BotKeysMayChangeUnnamed);
        var status = NewSignal.Statuses.Find(change.Status!)!;
        if (before.Status == status)
        {
            return (before, before);
        }

        await SignalStore.SetStatusAsync(session, id, status);
        return (before, before with { Status = status });
    }
}

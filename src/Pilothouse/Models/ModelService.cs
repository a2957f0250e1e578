using Pilothouse.Auth;
using Pilothouse.Storage;

namespace Pilothouse.Models;

/// <summary>Stores checkpoints of models. Every new one goes through this class.</summary>
internal sealed class ModelService(TimeProvider clock)
{
    /// <summary>Stores a checked checkpoint in the transaction of <paramref name="session"/>.</summary>
    /// <returns>Its id.</returns>
    public ValueTask<long> RecordAsync(Session session, Caller caller, NewModelCheckpoint model) =>
        ModelStore.Table.InsertAsync(session, caller, model, clock.GetUtcNow());
}

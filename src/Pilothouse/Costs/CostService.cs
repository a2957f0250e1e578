using Pilothouse.Auth;
using Pilothouse.Storage;

namespace Pilothouse.Costs;

/// <summary>Stores the costs of external APIs. Every new cost goes through this class.</summary>
internal sealed class CostService(TimeProvider clock)
{
    /// <summary>Stores a checked cost in the transaction of <paramref name="session"/>.</summary>
    /// <returns>Its id.</returns>
    public ValueTask<long> RecordAsync(Session session, Caller caller, NewApiCost cost) =>
        CostStore.Table.InsertAsync(session, caller, cost, clock.GetUtcNow());
}

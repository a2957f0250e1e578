using Pilothouse.Auth;
using Pilothouse.Storage;

namespace Pilothouse.Costs;

/// <summary>The one door to the costs of outside APIs.</summary>
internal sealed class CostService(TimeProvider clock)
{
    /// <summary>Stores a checked cost in the transaction of <paramref name="session"/>.</summary>
    /// <returns>Its id.</returns>
    public ValueTask<long> RecordAsync(Session session, Caller caller, NewApiCost cost) =>
        CostStore.Table.InsertAsync(session, caller, cost, clock.GetUtcNow());
}

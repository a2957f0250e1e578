using Pilothouse.Auth;
using Pilothouse.Storage;

namespace Pilothouse.Costs;

/// <summary>Where the cost of a use is from.</summary>
internal static class CostSource
{
    public const string Sent = "sent";
    public const string Priced = "priced";
    public const string Unpriced = "unpriced";
}

/// <summary>Stores the costs of external APIs. Every new cost goes through this class.</summary>
internal sealed class CostService(ModelPriceService prices, TimeProvider clock)
{
    /// <summary>
    /// Stores a checked cost in the transaction of <paramref name="session"/>. Where tokens were sent without a cost, the price that the
    /// model had at the time of the use makes it.
    /// </summary>
    /// <returns>Its id, the cost and where that is from; the source is null if there was nothing to price.</returns>
    public async ValueTask<(long Id, decimal? Cost, string? Source)> RecordAsync(Session session, Caller caller, NewApiCost use)
    {
        var cost = use.EstimatedCost;
        var source = cost is not null ? CostSource.Sent : null;
        if (cost is null && (use.InputTokens > 0 || use.OutputTokens > 0 || use.CachedTokens > 0))
        {
            cost = await prices.CostAsync(session, use);
            source = cost is null ? CostSource.Unpriced : CostSource.Priced;
        }

        var id = await CostStore.Table.InsertAsync(
            session, caller, use, clock.GetUtcNow(), ("estimated_cost", source is null ? 0m : cost), ("cost_source", source));
        return (id, cost, source);
    }
}

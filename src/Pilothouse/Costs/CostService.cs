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
        var (cost, source) = await PriceAsync(session, use);
        var id = await CostStore.Table.InsertAsync(
            session, caller, use, clock.GetUtcNow(), ("estimated_cost", source is null ? 0m : cost), ("cost_source", source));
        return (id, cost, source);
    }

    /// <summary>Gives a stored use the values of another checked one. It is priced like a new one, because its tokens may be others.</summary>
    /// <returns>Whether it is stored.</returns>
    public async ValueTask<bool> ReplaceAsync(Session session, Caller caller, long id, NewApiCost use, DateTimeOffset now)
    {
        var (cost, source) = await PriceAsync(session, use);
        return await CostStore.Table.ReplaceAsync(session, caller, id, use, now, ("estimated_cost", source is null ? 0m : cost), ("cost_source", source));
    }

    private async ValueTask<(decimal? Cost, string? Source)> PriceAsync(Session session, NewApiCost use)
    {
        if (use.EstimatedCost is { } sent)
        {
            return (sent, CostSource.Sent);
        }

        if (use is not ({ InputTokens: > 0 } or { OutputTokens: > 0 } or { CachedTokens: > 0 }))
        {
            return default;
        }

        var cost = await prices.CostAsync(session, use);
        return (cost, cost is null ? CostSource.Unpriced : CostSource.Priced);
    }
}

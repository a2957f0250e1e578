using Pilothouse.Auth;
using Pilothouse.Storage;

namespace Pilothouse.MarketContext;

/// <summary>Stores snapshots of the market. Every new snapshot goes through this class.</summary>
internal sealed class MarketContextService(TimeProvider clock)
{
    /// <summary>Stores a checked snapshot of the market in the transaction of <paramref name="session"/>.</summary>
    /// <returns>Its id.</returns>
    public ValueTask<long> RecordAsync(Session session, Caller caller, NewMarketSnapshot market) =>
        MarketContextStore.Table.InsertAsync(session, caller, market, clock.GetUtcNow());
}

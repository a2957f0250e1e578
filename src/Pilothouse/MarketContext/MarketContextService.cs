using Pilothouse.Auth;
using Pilothouse.Storage;

namespace Pilothouse.MarketContext;

/// <summary>The one door to the market's context.</summary>
internal sealed class MarketContextService(TimeProvider clock)
{
    /// <summary>Stores a checked look at the market in the transaction of <paramref name="session"/>.</summary>
    /// <returns>Its id.</returns>
    public ValueTask<long> RecordAsync(Session session, Caller caller, NewMarketSnapshot market) =>
        MarketContextStore.Table.InsertAsync(session, caller, market, clock.GetUtcNow());
}

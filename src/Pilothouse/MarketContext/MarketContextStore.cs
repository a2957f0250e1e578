using Pilothouse.Api;
using Pilothouse.Storage;

namespace Pilothouse.MarketContext;

/// <summary>The table <c>market_context</c>.</summary>
internal static class MarketContextStore
{
    public const string Columns = """
        id, timestamp, btc_price, btc_change_24h, eth_price, eth_change_24h, btc_dominance, fear_greed_index, market_trend, btc_trend,
        market_regime, volatility_level, total_market_cap, liquidations_1h
        """;

    private static readonly Sql Insert = new("""
        INSERT INTO market_context(timestamp, btc_price, btc_change_24h, eth_price, eth_change_24h, btc_dominance, fear_greed_index,
          market_trend, btc_trend, market_regime, volatility_level, total_market_cap, liquidations_1h)
        VALUES (@timestamp, @btc_price, @btc_change_24h, @eth_price, @eth_change_24h, @btc_dominance, @fear_greed_index,
          @market_trend, @btc_trend, @market_regime, @volatility_level, @total_market_cap, @liquidations_1h)
        RETURNING id
        """);

    public static readonly ListSql List = new("market_context", Columns);

    /// <summary>Stores a checked look at the market.</summary>
    /// <returns>Its id.</returns>
    public static ValueTask<long> InsertAsync(Session session, NewMarketSnapshot market, DateTimeOffset timestamp) =>
        session.Prepare(Insert)
            .Set("timestamp", (DateTimeOffset?)timestamp)
            .Set("btc_price", market.BtcPrice)
            .Set("btc_change_24h", market.BtcChange24h)
            .Set("eth_price", market.EthPrice)
            .Set("eth_change_24h", market.EthChange24h)
            .Set("btc_dominance", market.BtcDominance)
            .Set("fear_greed_index", market.FearGreedIndex)
            .Set("market_trend", NewMarketSnapshot.Trends.Normal(market.MarketTrend))
            .Set("btc_trend", market.BtcTrend?.ToLowerInvariant())
            .Set("market_regime", NewMarketSnapshot.Regimes.Normal(market.MarketRegime))
            .Set("volatility_level", NewMarketSnapshot.Volatilities.Normal(market.VolatilityLevel))
            .Set("total_market_cap", market.TotalMarketCap)
            .Set("liquidations_1h", market.Liquidations1h)
            .InsertAsync();

    public static MarketSnapshot Read(Row row) => new(
        row.Id(0), row.Time(1), row.Money(2), row.Number(3), row.Money(4), row.Number(5), row.Number(6), row.Whole(7), row.Text(8), row.Text(9),
        row.Text(10), row.Text(11), row.Money(12), row.Money(13));
}

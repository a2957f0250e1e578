using Pilothouse.Contract;


namespace Pilothouse.MarketContext;

/// <summary>The table <c>market_context</c>.</summary>
internal static class MarketContextStore
{
    public static readonly Table<NewMarketSnapshot, MarketSnapshot> Table = new(
        "market_context", MarketContextJson.Default.NewMarketSnapshot, MarketContextJson.Default.MarketSnapshot, time: "timestamp",
        Column.Time("timestamp"),
        Column.Money("btc_price", above: 0),
        Column.Number("btc_change_24h"),
        Column.Money("eth_price", above: 0),
        Column.Number("eth_change_24h"),
        Column.Number("btc_dominance", least: 0, most: 100),
        Column.Whole("fear_greed_index", 0, 100),
        Column.OneOf("market_trend", NewMarketSnapshot.Trends),
        Column.Text("btc_trend", longest: 40) with { InCapitals = false },
        Column.OneOf("market_regime", NewMarketSnapshot.Regimes),
        Column.OneOf("volatility_level", NewMarketSnapshot.Volatilities),
        Column.Money("total_market_cap", above: 0),
        Column.Money("liquidations_1h", least: 0));

    public static readonly InputRules<NewMarketSnapshot> Rules = Table.Rules.Also("body", static market =>
        market with { Timestamp = null } == Nothing ? "must hold at least one field of the market, such as btc_price" : null);

    public static readonly ListSql List = new(Table);

    private static readonly NewMarketSnapshot Nothing = new();
}

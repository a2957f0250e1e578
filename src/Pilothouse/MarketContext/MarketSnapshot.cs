using System.Text.Json.Serialization;
using Pilothouse.Api;

namespace Pilothouse.MarketContext;

/// <summary>What the whole market looks like; any part of it may be left out.</summary>
internal sealed record NewMarketSnapshot : IInput<NewMarketSnapshot>
{
    /// <summary>When this was seen; now, where it is left out.</summary>
    public DateTimeOffset? Timestamp { get; init; }

    public decimal? BtcPrice { get; init; }

    /// <summary>In percent.</summary>
    [JsonPropertyName("btc_change_24h")]
    public double? BtcChange24h { get; init; }

    public decimal? EthPrice { get; init; }

    /// <summary>In percent.</summary>
    [JsonPropertyName("eth_change_24h")]
    public double? EthChange24h { get; init; }

    /// <summary>Share of Bitcoin in the value of all coins, in percent.</summary>
    public double? BtcDominance { get; init; }

    /// <summary>From 0 (fear) to 100 (greed).</summary>
    public long? FearGreedIndex { get; init; }

    /// <summary>bullish, bearish or neutral.</summary>
    public string? MarketTrend { get; init; }

    /// <summary>A word such as up_strong, down_strong or sideways.</summary>
    public string? BtcTrend { get; init; }

    /// <summary>risk_on or risk_off.</summary>
    public string? MarketRegime { get; init; }

    /// <summary>high, medium or low.</summary>
    public string? VolatilityLevel { get; init; }

    public decimal? TotalMarketCap { get; init; }

    /// <summary>Money liquidated on the futures markets in the last hour.</summary>
    [JsonPropertyName("liquidations_1h")]
    public decimal? Liquidations1h { get; init; }

    public static readonly Choices Trends = new("bullish", "bearish", "neutral");

    public static readonly Choices Regimes = new("risk_on", "risk_off");

    public static readonly Choices Volatilities = new("high", "medium", "low");

    public static InputRules<NewMarketSnapshot> Rules { get; } = new InputRules<NewMarketSnapshot>()
        .Record(MarketContextStore.Columns)
        .Money("btc_price", static market => market.BtcPrice, above: 0)
        .Number("btc_change_24h", static market => market.BtcChange24h)
        .Money("eth_price", static market => market.EthPrice, above: 0)
        .Number("eth_change_24h", static market => market.EthChange24h)
        .Number("btc_dominance", static market => market.BtcDominance, least: 0, most: 100)
        .Whole("fear_greed_index", static market => market.FearGreedIndex, 0, 100)
        .OneOf("market_trend", static market => market.MarketTrend, Trends)
        .Text("btc_trend", static market => market.BtcTrend, longest: 40)
        .OneOf("market_regime", static market => market.MarketRegime, Regimes)
        .OneOf("volatility_level", static market => market.VolatilityLevel, Volatilities)
        .Money("total_market_cap", static market => market.TotalMarketCap, above: 0)
        .Money("liquidations_1h", static market => market.Liquidations1h, least: 0)
        .Time("timestamp", static market => market.Timestamp)
        .Also("body", static market => market.SaysSomething ? null : "must hold at least one field of the market, such as btc_price");

    private bool SaysSomething =>
        this is not
        {
            BtcPrice: null, BtcChange24h: null, EthPrice: null, EthChange24h: null, BtcDominance: null, FearGreedIndex: null, MarketTrend: null,
            BtcTrend: null, MarketRegime: null, VolatilityLevel: null, TotalMarketCap: null, Liquidations1h: null,
        };
}

/// <summary>A stored look at the market. What another program wrote and we would not accept reads as null.</summary>
internal sealed record MarketSnapshot(
    long Id,
    DateTimeOffset? Timestamp,
    decimal? BtcPrice,
    [property: JsonPropertyName("btc_change_24h")] double? BtcChange24h,
    decimal? EthPrice,
    [property: JsonPropertyName("eth_change_24h")] double? EthChange24h,
    double? BtcDominance,
    long? FearGreedIndex,
    string? MarketTrend,
    string? BtcTrend,
    string? MarketRegime,
    string? VolatilityLevel,
    decimal? TotalMarketCap,
    [property: JsonPropertyName("liquidations_1h")] decimal? Liquidations1h);

/// <summary>The answer to a stored look at the market.</summary>
internal sealed record MarketSnapshotStored(bool Success, string Message, long ContextId) : WriteAnswer;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    Converters = [typeof(MoneyJson), typeof(NumberJson), typeof(WholeJson), typeof(TextJson), typeof(TimeJson)])]
[JsonSerializable(typeof(NewMarketSnapshot))]
[JsonSerializable(typeof(MarketSnapshotStored))]
[JsonSerializable(typeof(One<MarketSnapshot>))]
[JsonSerializable(typeof(Page<MarketSnapshot>))]
internal sealed partial class MarketContextJson : JsonSerializerContext;

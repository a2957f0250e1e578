using System.Text.Json.Serialization;
using Pilothouse.Contract;
using Pilothouse.Operations;

namespace Pilothouse.MarketContext;

/// <summary>A snapshot of the whole market. Any field may be left out.</summary>
internal record NewMarketSnapshot : IInput<NewMarketSnapshot>
{
    /// <summary>When this was seen; the time of the request if it is left out.</summary>
    public DateTimeOffset? Timestamp { get; set; }

    public decimal? BtcPrice { get; set; }

    /// <summary>In percent.</summary>
    [JsonPropertyName("btc_change_24h")]
    public double? BtcChange24h { get; set; }

    public decimal? EthPrice { get; set; }

    /// <summary>In percent.</summary>
    [JsonPropertyName("eth_change_24h")]
    public double? EthChange24h { get; set; }

    /// <summary>Share of Bitcoin in the value of all coins, in percent.</summary>
    public double? BtcDominance { get; set; }

    /// <summary>From 0 (fear) to 100 (greed).</summary>
    public long? FearGreedIndex { get; set; }

    /// <summary>bullish, bearish or neutral.</summary>
    public string? MarketTrend { get; set; }

    /// <summary>A word such as up_strong, down_strong or sideways.</summary>
    public string? BtcTrend { get; set; }

    /// <summary>risk_on, risk_off or neutral.</summary>
    public string? MarketRegime { get; set; }

    /// <summary>high, medium or low.</summary>
    public string? VolatilityLevel { get; set; }

    public decimal? TotalMarketCap { get; set; }

    /// <summary>The value of the futures positions that were liquidated in the last hour.</summary>
    [JsonPropertyName("liquidations_1h")]
    public decimal? Liquidations1h { get; set; }

    public static readonly Choices Trends = new("bullish", "bearish", "neutral");

    public static readonly Choices Regimes = new("risk_on", "risk_off", "neutral");

    public static readonly Choices Volatilities = new("high", "medium", "low");

    public static InputRules<NewMarketSnapshot> Rules => MarketContextStore.Rules;
}

/// <summary>A stored snapshot of the market. A value of another program that the API would not accept is read as null.</summary>
internal sealed record MarketSnapshot : NewMarketSnapshot
{
    [JsonPropertyOrder(-1)]
    public long Id { get; set; }
}

/// <summary>The answer to a stored snapshot of the market.</summary>
internal sealed record MarketSnapshotStored(bool Success, string Message, long ContextId) : WriteAnswer;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    Converters = [typeof(MoneyJson), typeof(NumberJson), typeof(WholeJson), typeof(TextJson), typeof(TimeJson)])]
[JsonSerializable(typeof(NewMarketSnapshot))]
[JsonSerializable(typeof(BatchOf<NewMarketSnapshot>))]
[JsonSerializable(typeof(MarketSnapshotStored))]
[JsonSerializable(typeof(One<MarketSnapshot>))]
[JsonSerializable(typeof(Page<MarketSnapshot>))]
internal sealed partial class MarketContextJson : JsonSerializerContext;

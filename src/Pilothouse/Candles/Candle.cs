using System.Text.Json.Serialization;
using Pilothouse.Contract;
using Pilothouse.Operations;

namespace Pilothouse.Candles;

/// <summary>A candle as a client posts it: the prices of a pair over one timeframe.</summary>
internal record NewCandle : IInput<NewCandle>
{
    public string? TradingPair { get; set; }

    /// <summary>As ccxt writes it: 1m, 5m, 1h, 1d, 1w, 1M.</summary>
    public string? Timeframe { get; set; }

    /// <summary>When it began.</summary>
    public DateTimeOffset? OpenTime { get; set; }

    public decimal? Open { get; set; }

    public decimal? High { get; set; }

    public decimal? Low { get; set; }

    public decimal? Close { get; set; }

    /// <summary>In units of the base asset.</summary>
    public double? Volume { get; set; }

    public static InputRules<NewCandle> Rules => CandleStore.Rules;
}

/// <summary>A stored candle. A value of another program that the API would not accept is read as null.</summary>
internal sealed record Candle : NewCandle
{
    [JsonPropertyOrder(-1)]
    public long Id { get; set; }

    /// <summary>When its close was the price: its end, or, if it was stored while it ran, when that was.</summary>
    [JsonPropertyOrder(1)]
    public DateTimeOffset? KnownAt { get; set; }
}

/// <summary>The answer to a stored candle.</summary>
internal sealed record CandleStored(bool Success, string Message, long CandleId) : WriteAnswer;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    Converters = [typeof(MoneyJson), typeof(NumberJson), typeof(WholeJson), typeof(TextJson), typeof(TimeJson)])]
[JsonSerializable(typeof(NewCandle))]
[JsonSerializable(typeof(BatchOf<NewCandle>))]
[JsonSerializable(typeof(CandleStored))]
[JsonSerializable(typeof(Page<Candle>))]
internal sealed partial class CandleJson : JsonSerializerContext;

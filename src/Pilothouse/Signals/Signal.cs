using System.Text.Json.Serialization;
using Pilothouse.Api;

namespace Pilothouse.Signals;

/// <summary>A trading signal as a bot posts it.</summary>
internal sealed record NewSignal : IInput<NewSignal>
{
    /// <summary>When the signal was given; now, where it is left out.</summary>
    public DateTimeOffset? Timestamp { get; init; }

    public string? TradingPair { get; init; }

    /// <summary>BUY, SELL or HOLD.</summary>
    public string? SignalType { get; init; }

    /// <summary>From -100 (sell) to 100 (buy).</summary>
    public long? SignalStrength { get; init; }

    /// <summary>Price of one unit of the base asset, in the quote asset.</summary>
    public decimal? Price { get; init; }

    public double? Rsi { get; init; }

    public double? Macd { get; init; }

    public double? MacdSignal { get; init; }

    public double? MacdHistogram { get; init; }

    public double? Vwap { get; init; }

    public double? Ema9 { get; init; }

    public double? Ema21 { get; init; }

    public double? Sma50 { get; init; }

    public double? BbUpper { get; init; }

    public double? BbMiddle { get; init; }

    public double? BbLower { get; init; }

    public double? Volume { get; init; }

    /// <summary>pending (the default), executed or skipped.</summary>
    public string? Status { get; init; }

    public string? BotName { get; init; }

    public string? Strategy { get; init; }

    public string? Timeframe { get; init; }

    public double? Confidence { get; init; }

    public static readonly Choices Types = new("BUY", "SELL", "HOLD");

    public static readonly Choices Statuses = new("pending", "executed", "skipped");

    public static InputRules<NewSignal> Rules { get; } = new InputRules<NewSignal>()
        .Record(SignalStore.Columns)
        .Pair("trading_pair", static signal => signal.TradingPair)
        .OneOf("signal_type", static signal => signal.SignalType, Types, required: true)
        .Whole("signal_strength", static signal => signal.SignalStrength, -100, 100, required: true)
        .Money("price", static signal => signal.Price, required: true, above: 0)
        .OneOf("status", static signal => signal.Status, Statuses)
        .Text("bot_name", static signal => signal.BotName, longest: 100)
        .Text("strategy", static signal => signal.Strategy, longest: 100)
        .Text("timeframe", static signal => signal.Timeframe, longest: 20)
        .Time("timestamp", static signal => signal.Timestamp);
}

/// <summary>A stored signal. What another program wrote and we would not accept reads as null.</summary>
internal sealed record Signal(
    long Id,
    DateTimeOffset? Timestamp,
    string? TradingPair,
    string? SignalType,
    long? SignalStrength,
    decimal? Price,
    double? Rsi,
    double? Macd,
    double? MacdSignal,
    double? MacdHistogram,
    double? Vwap,
    double? Ema9,
    double? Ema21,
    double? Sma50,
    double? BbUpper,
    double? BbMiddle,
    double? BbLower,
    double? Volume,
    string? Status,
    string? BotName,
    string? Strategy,
    string? Timeframe,
    double? Confidence);

/// <summary>The answer to a stored signal.</summary>
internal sealed record SignalStored(bool Success, string Message, long SignalId) : WriteAnswer;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    Converters = [typeof(MoneyJson), typeof(NumberJson), typeof(WholeJson), typeof(TextJson), typeof(TimeJson)])]
[JsonSerializable(typeof(NewSignal))]
[JsonSerializable(typeof(SignalStored))]
[JsonSerializable(typeof(One<Signal>))]
[JsonSerializable(typeof(Page<Signal>))]
internal sealed partial class SignalJson : JsonSerializerContext;

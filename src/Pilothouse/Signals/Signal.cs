using System.Text.Json.Serialization;
using Pilothouse.Contract;
using Pilothouse.Operations;

namespace Pilothouse.Signals;

/// <summary>A trading signal as a bot posts it.</summary>
internal record NewSignal : IInput<NewSignal>
{
    /// <summary>When the signal was given; the time of the request if it is left out.</summary>
    public DateTimeOffset? Timestamp { get; set; }

    public string? TradingPair { get; set; }

    /// <summary>BUY, SELL or HOLD.</summary>
    public string? SignalType { get; set; }

    /// <summary>From -100 (sell) to 100 (buy).</summary>
    public long? SignalStrength { get; set; }

    /// <summary>Price of one unit of the base asset, in the quote asset.</summary>
    public decimal? Price { get; set; }

    public double? Rsi { get; set; }

    public double? Macd { get; set; }

    public double? MacdSignal { get; set; }

    public double? MacdHistogram { get; set; }

    public double? Vwap { get; set; }

    public double? Ema9 { get; set; }

    public double? Ema21 { get; set; }

    public double? Sma50 { get; set; }

    public double? BbUpper { get; set; }

    public double? BbMiddle { get; set; }

    public double? BbLower { get; set; }

    public double? Volume { get; set; }

    /// <summary>pending (the default), executed or skipped.</summary>
    public string? Status { get; set; }

    public string? BotName { get; set; }

    public string? Strategy { get; set; }

    public string? Timeframe { get; set; }

    public double? Confidence { get; set; }

    /// <summary>The version of the model that gave it, as in model_checkpoints.</summary>
    public string? Model { get; set; }

    public static readonly Choices Types = new("BUY", "SELL", "HOLD")
    {
        Also = new Dictionary<string, string> { ["LONG"] = "BUY", ["STRONG_BUY"] = "BUY", ["SHORT"] = "SELL", ["STRONG_SELL"] = "SELL" },
    };

    public static readonly Choices Statuses = new("pending", "executed", "skipped");

    public static InputRules<NewSignal> Rules => SignalStore.Table.Rules;
}

/// <summary>A stored signal. A value of another program that the API would not accept is read as null.</summary>
internal sealed record Signal : NewSignal
{
    [JsonPropertyOrder(-1)]
    public long Id { get; set; }
}

/// <summary>The answer to a stored signal.</summary>
internal sealed record SignalStored(bool Success, string Message, long SignalId) : WriteAnswer;

/// <summary>What became of a signal.</summary>
internal sealed record SignalChange : IInput<SignalChange>
{
    /// <summary>pending, executed or skipped.</summary>
    public string? Status { get; init; }

    public static InputRules<SignalChange> Rules { get; } = new InputRules<SignalChange>()
        .OneOf("status", static change => change.Status, NewSignal.Statuses, required: true)
        .Record(SignalStore.Table.Rules.RecordColumns)
        .NoOthers("cannot be changed: a signal stays what was said; send status alone");
}

/// <summary>The answer to a changed signal, with the row after the change.</summary>
internal sealed record SignalChanged(bool Success, string Message, long SignalId, Signal Data) : WriteAnswer;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    Converters = [typeof(MoneyJson), typeof(NumberJson), typeof(WholeJson), typeof(TextJson), typeof(TimeJson)])]
[JsonSerializable(typeof(NewSignal))]
[JsonSerializable(typeof(BatchOf<NewSignal>))]
[JsonSerializable(typeof(SignalStored))]
[JsonSerializable(typeof(SignalChange))]
[JsonSerializable(typeof(SignalChanged))]
[JsonSerializable(typeof(Signal))]
[JsonSerializable(typeof(One<Signal>))]
[JsonSerializable(typeof(Page<Signal>))]
internal sealed partial class SignalJson : JsonSerializerContext;

using System.Globalization;
using System.Text.Json.Serialization;

namespace Pilothouse.Replay;

// The bodies that the bot posts, as docs/api.md describes them. The replay is a client and shares no types with the server.

internal sealed record SignalBody(
    DateTimeOffset Timestamp, string TradingPair, string SignalType, int SignalStrength, decimal Price, double Rsi, double Macd,
    double MacdSignal, double MacdHistogram, double? Vwap, double Ema9, double Ema21, double? Sma50, double? BbUpper,
    double? BbMiddle, double? BbLower, double Volume, string Status, string BotName, string Strategy, string Timeframe, string Model);

internal sealed record TradeBody(
    DateTimeOffset Timestamp, string TradingPair, string Side, decimal EntryPrice, decimal Quantity, decimal StopLoss,
    decimal TakeProfit, long SignalId, int Leverage, string PositionMode, string Mode, string BotName, string ExternalId);

internal sealed record CandleBody(
    string TradingPair, string Timeframe, DateTimeOffset OpenTime, decimal Open, decimal High, decimal Low, decimal Close, decimal Volume);

internal sealed record CandlesBody(IReadOnlyList<CandleBody> Items);

internal sealed record CloseBody(decimal ExitPrice, DateTimeOffset ClosedAt, decimal Fees, string ExitReason);

internal sealed record AnalysisBody(
    DateTimeOffset Timestamp, string TradingPair, string Timeframe, string Recommendation, string Confidence,
    string KeyObservations, long SignalId, string BotName);

internal sealed record CostBody(
    DateTimeOffset Timestamp, string ApiName, string OperationType, int ApiCalls, decimal EstimatedCost, int CacheHits,
    int CacheMisses, string BotName);

internal sealed record MarketContextBody(
    DateTimeOffset Timestamp,
    decimal? BtcPrice,
    [property: JsonPropertyName("btc_change_24h")] decimal? BtcChange24h,
    decimal? EthPrice,
    [property: JsonPropertyName("eth_change_24h")] decimal? EthChange24h);

internal sealed record StatusBody(
    DateTimeOffset Timestamp, string BotName, string Status, decimal? Balance, int? OpenPositions, int? TotalTrades, decimal? WinRate,
    decimal? TotalPnl, string Mode, string? Message, int? ExpectedEverySeconds = null);

internal sealed record ControlAckBody(long ControlSeq, bool Done);

/// <summary>The server's answer to a POST. Which fields it has depends on the path and on success.</summary>
internal sealed record ServerAnswer(
    bool Success, long? SignalId, long? TradeId, string? Error, string? Message, string? Code, IReadOnlyList<FieldFault>? Details,
    AskedOfBot? Control = null, long? SpikeId = null, IReadOnlyList<long>? Ids = null);

/// <summary>What the owner asks of the bot, in the answer to a report.</summary>
internal sealed record AskedOfBot(long? ControlSeq, string? State, bool EmergencyClose, string? OpenTrades, string? Reason);

/// <summary>The answer with what is asked of a bot.</summary>
internal sealed record AskedOfBotAnswer(AskedOfBot? Data);

/// <summary>The answer with the last report of a bot.</summary>
internal sealed record BotReportAnswer(BotReport? Data);

/// <summary>The fields of a bot's last report that a replay needs.</summary>
internal sealed record BotReport(string? Timestamp, string? Message)
{
    /// <summary>The time of the report; null if it cannot be read.</summary>
    public DateTimeOffset? At =>
        DateTimeOffset.TryParse(Timestamp, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) ? at : null;
}

/// <summary>The answer to "may I trade?".</summary>
internal sealed record TradingAllowedAnswer(TradingAllowed? Data);

internal sealed record TradingAllowed(bool? MayTrade);

internal sealed record FieldFault(string? Field, string? Message);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(SignalBody))]
[JsonSerializable(typeof(TradeBody))]
[JsonSerializable(typeof(CandlesBody))]
[JsonSerializable(typeof(CloseBody))]
[JsonSerializable(typeof(AnalysisBody))]
[JsonSerializable(typeof(CostBody))]
[JsonSerializable(typeof(MarketContextBody))]
[JsonSerializable(typeof(StatusBody))]
[JsonSerializable(typeof(ServerAnswer))]
[JsonSerializable(typeof(BotReportAnswer))]
[JsonSerializable(typeof(AskedOfBotAnswer))]
[JsonSerializable(typeof(TradingAllowedAnswer))]
[JsonSerializable(typeof(ControlAckBody))]
internal sealed partial class ReplayJson : JsonSerializerContext;

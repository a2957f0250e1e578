using System.Text.Json.Serialization;
using Pilothouse.Contract;
using Pilothouse.Operations;

namespace Pilothouse.Trades;

/// <summary>A trade as a bot posts it: one that it opened, or one from its history that is closed already.</summary>
internal sealed record NewTrade : IInput<NewTrade>
{
    /// <summary>When it was opened; the time of the request if it is left out.</summary>
    public DateTimeOffset? Timestamp { get; init; }

    public string? TradingPair { get; init; }

    /// <summary>BUY or SELL.</summary>
    public string? Side { get; init; }

    /// <summary>Price of one unit of the base asset, in the quote asset.</summary>
    public decimal? EntryPrice { get; init; }

    /// <summary>In units of the base asset.</summary>
    public decimal? Quantity { get; init; }

    public decimal? Leverage { get; init; }

    /// <summary>one-way or hedge.</summary>
    public string? PositionMode { get; init; }

    /// <summary>The signal that it follows; it must exist.</summary>
    public long? SignalId { get; init; }

    public decimal? StopLoss { get; init; }

    public decimal? TakeProfit { get; init; }

    /// <summary>The bot's or exchange's own id. A trade that is posted again with the same id is stored only once.</summary>
    public string? ExternalId { get; init; }

    public string? BotName { get; init; }

    /// <summary>auto, manual or paper.</summary>
    public string? Mode { get; init; }

    /// <summary>open (the default), or closed together with exit_price.</summary>
    public string? Status { get; init; }

    public decimal? ExitPrice { get; init; }

    /// <summary>When it was closed; its timestamp if it is left out.</summary>
    public DateTimeOffset? ClosedAt { get; init; }

    /// <summary>Of the whole trade, in the quote asset; negative is a rebate.</summary>
    public decimal? Fees { get; init; }

    public string? ExitReason { get; init; }

    public static readonly Choices Sides = new("BUY", "SELL") { Also = new Dictionary<string, string> { ["LONG"] = "BUY", ["SHORT"] = "SELL" } };

    public static readonly Choices Statuses = new("open", "closed");

    /// <summary>The statuses by which a list can be filtered. Voided trades are listed only if the filter asks for them.</summary>
    public static readonly Choices ListedStatuses = new("open", "closed", "voided");

    public static readonly Choices PositionModes = new("one-way", "hedge") { Also = new Dictionary<string, string> { ["ONE_WAY"] = "one-way" } };

    public static readonly Choices Modes = new("auto", "manual", "paper");

    public bool IsClosed => Statuses.Normal(Status) == "closed";

    public static InputRules<NewTrade> Rules => TradeStore.Rules;
}

/// <summary>How an open trade was closed.</summary>
internal sealed record TradeClose : IInput<TradeClose>
{
    public decimal? ExitPrice { get; init; }

    /// <summary>The time of the request if it is left out.</summary>
    public DateTimeOffset? ClosedAt { get; init; }

    /// <summary>Those of the whole trade; the stored ones if they are left out.</summary>
    public decimal? Fees { get; init; }

    public string? ExitReason { get; init; }

    /// <summary>The whole quantity of the trade, or left out: a part of a trade cannot be closed.</summary>
    public decimal? Quantity { get; init; }

    public static InputRules<TradeClose> Rules { get; } = new InputRules<TradeClose>()
        .Record(TradeStore.ColumnNames)
        .Money("exit_price", static close => close.ExitPrice, required: true, least: 0)
        .Money("fees", static close => close.Fees)
        .Text("exit_reason", static close => close.ExitReason, longest: 200)
        .Money("quantity", static close => close.Quantity, above: 0)
        .Time("closed_at", static close => close.ClosedAt);
}

/// <summary>A stored trade. A value of another program that the API would not accept is read as null.</summary>
internal sealed record Trade
{
    public long Id { get; set; }

    public DateTimeOffset? Timestamp { get; set; }

    public string? TradingPair { get; set; }

    public string? Side { get; set; }

    public decimal? EntryPrice { get; set; }

    public decimal? ExitPrice { get; set; }

    public decimal? Quantity { get; set; }

    public decimal? Pnl { get; set; }

    public string? Status { get; set; }

    public long? SignalId { get; set; }

    public decimal? Leverage { get; set; }

    public string? PositionMode { get; set; }

    public decimal? StopLoss { get; set; }

    public decimal? TakeProfit { get; set; }

    public DateTimeOffset? ClosedAt { get; set; }

    public string? BotName { get; set; }

    public string? Mode { get; set; }

    public decimal? Fees { get; set; }

    public decimal? PnlPercentage { get; set; }

    public string? ExitReason { get; set; }

    public string? ExternalId { get; set; }

    public DateTimeOffset? VoidedAt { get; set; }

    public string? VoidReason { get; set; }

    [JsonIgnore]
    public bool IsClosed => "closed".Equals(Status, StringComparison.OrdinalIgnoreCase);

    [JsonIgnore]
    public bool IsVoided => "voided".Equals(Status, StringComparison.OrdinalIgnoreCase);
}

/// <summary>The answer to a stored trade.</summary>
internal sealed record TradeStored(bool Success, string Message, long TradeId) : WriteAnswer;

/// <summary>The answer to a changed or closed trade, with the row after the change.</summary>
internal sealed record TradeChanged(bool Success, string Message, long TradeId, Trade Data) : WriteAnswer;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    Converters = [typeof(MoneyJson), typeof(NumberJson), typeof(WholeJson), typeof(TextJson), typeof(TimeJson)])]
[JsonSerializable(typeof(NewTrade))]
[JsonSerializable(typeof(TradeChange))]
[JsonSerializable(typeof(TradeClose))]
[JsonSerializable(typeof(TradeVoid))]
[JsonSerializable(typeof(Trade))]
[JsonSerializable(typeof(BatchOf<NewTrade>))]
[JsonSerializable(typeof(TradeStored))]
[JsonSerializable(typeof(TradeChanged))]
[JsonSerializable(typeof(One<Trade>))]
[JsonSerializable(typeof(Page<Trade>))]
internal sealed partial class TradeJson : JsonSerializerContext;

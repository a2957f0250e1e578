using System.Text.Json.Serialization;
using Pilothouse.Api;

namespace Pilothouse.Trades;

/// <summary>A trade as a bot posts it: one that it opened, or one from its history that is closed already.</summary>
internal sealed record NewTrade : IInput<NewTrade>
{
    /// <summary>When it was opened; now, where it is left out.</summary>
    public DateTimeOffset? Timestamp { get; init; }

    public string? TradingPair { get; init; }

    /// <summary>BUY or SELL.</summary>
    public string? Side { get; init; }

    /// <summary>Price of one unit of the base asset, in the quote asset.</summary>
    public decimal? EntryPrice { get; init; }

    /// <summary>In units of the base asset.</summary>
    public decimal? Quantity { get; init; }

    public long? Leverage { get; init; }

    /// <summary>one-way or hedge.</summary>
    public string? PositionMode { get; init; }

    /// <summary>The signal that it follows; it must exist.</summary>
    public long? SignalId { get; init; }

    public decimal? StopLoss { get; init; }

    public decimal? TakeProfit { get; init; }

    /// <summary>The bot's or exchange's own id: the same trade posted again under it is stored once.</summary>
    public string? ExternalId { get; init; }

    public string? BotName { get; init; }

    /// <summary>auto, manual or paper.</summary>
    public string? Mode { get; init; }

    /// <summary>open (the default), or closed together with exit_price.</summary>
    public string? Status { get; init; }

    public decimal? ExitPrice { get; init; }

    /// <summary>When it was closed; its timestamp, where it is left out.</summary>
    public DateTimeOffset? ClosedAt { get; init; }

    /// <summary>Of the whole trade, in the quote asset; negative is a rebate.</summary>
    public decimal? Fees { get; init; }

    public string? ExitReason { get; init; }

    public static readonly Choices Sides = new("BUY", "SELL");

    public static readonly Choices Statuses = new("open", "closed");

    public static readonly Choices PositionModes = new("one-way", "hedge");

    public static readonly Choices Modes = new("auto", "manual", "paper");

    public bool IsClosed => Statuses.Normal(Status) == "closed";

    public static InputRules<NewTrade> Rules { get; } = new InputRules<NewTrade>()
        .Record(TradeStore.Columns)
        .Pair("trading_pair", static trade => trade.TradingPair)
        .OneOf("side", static trade => trade.Side, Sides, required: true)
        .Money("entry_price", static trade => trade.EntryPrice, required: true, above: 0)
        .Money("quantity", static trade => trade.Quantity, required: true, above: 0)
        .Whole("leverage", static trade => trade.Leverage, 1, 1000)
        .OneOf("position_mode", static trade => trade.PositionMode, PositionModes)
        .Whole("signal_id", static trade => trade.SignalId, 1)
        .Money("stop_loss", static trade => trade.StopLoss, above: 0)
        .Money("take_profit", static trade => trade.TakeProfit, above: 0)
        .Text("external_id", static trade => trade.ExternalId, longest: 200)
        .Also("external_id", static trade => trade.ExternalId is { } id && string.IsNullOrWhiteSpace(id) ? "must not be empty" : null)
        .Text("bot_name", static trade => trade.BotName, longest: 100)
        .OneOf("mode", static trade => trade.Mode, Modes)
        .OneOf("status", static trade => trade.Status, Statuses)
        .Money("exit_price", static trade => trade.ExitPrice, above: 0)
        .Text("exit_reason", static trade => trade.ExitReason, longest: 200)
        .Time("timestamp", static trade => trade.Timestamp)
        .Time("closed_at", static trade => trade.ClosedAt)
        .Also("exit_price", static trade => trade.IsClosed && trade.ExitPrice is null ? "is needed where status is closed"
            : !trade.IsClosed && trade.ExitPrice is not null ? "goes with status closed only; POST /api/trades/{id}/close closes an open trade" : null)
        .Also("closed_at", static trade => !trade.IsClosed && trade.ClosedAt is not null ? "goes with status closed only" : null);
}

/// <summary>What may change on an open trade. An absent field stays, null clears.</summary>
internal sealed record TradeChange : IInput<TradeChange>
{
    // Setters and not init: the generated reader calls a setter only for a field that was sent.
    public decimal? StopLoss
    {
        get;
        set
        {
            field = value;
            HasStopLoss = true;
        }
    }

    public decimal? TakeProfit
    {
        get;
        set
        {
            field = value;
            HasTakeProfit = true;
        }
    }

    public decimal? Quantity
    {
        get;
        set
        {
            field = value;
            HasQuantity = true;
        }
    }

    [JsonIgnore]
    public bool HasStopLoss { get; private set; }

    [JsonIgnore]
    public bool HasTakeProfit { get; private set; }

    [JsonIgnore]
    public bool HasQuantity { get; private set; }

    public static InputRules<TradeChange> Rules { get; } = new InputRules<TradeChange>()
        .Record(TradeStore.Columns)
        .Money("stop_loss", static change => change.StopLoss, above: 0)
        .Money("take_profit", static change => change.TakeProfit, above: 0)
        .Money("quantity", static change => change.Quantity, above: 0)
        .Also("quantity", static change => change is { HasQuantity: true, Quantity: null } ? "must be a number" : null)
        .Also("body", static change => !change.HasStopLoss && !change.HasTakeProfit && !change.HasQuantity ? "must have stop_loss, take_profit or quantity" : null);
}

/// <summary>How an open trade was closed.</summary>
internal sealed record TradeClose : IInput<TradeClose>
{
    public decimal? ExitPrice { get; init; }

    /// <summary>Now, where it is left out.</summary>
    public DateTimeOffset? ClosedAt { get; init; }

    /// <summary>Of the whole trade; the stored ones, where they are left out.</summary>
    public decimal? Fees { get; init; }

    public string? ExitReason { get; init; }

    /// <summary>The whole quantity of the trade, or left out: a part of a trade cannot be closed.</summary>
    public decimal? Quantity { get; init; }

    public static InputRules<TradeClose> Rules { get; } = new InputRules<TradeClose>()
        .Record(TradeStore.Columns)
        .Money("exit_price", static close => close.ExitPrice, required: true, above: 0)
        .Money("fees", static close => close.Fees)
        .Text("exit_reason", static close => close.ExitReason, longest: 200)
        .Money("quantity", static close => close.Quantity, above: 0)
        .Time("closed_at", static close => close.ClosedAt);
}

/// <summary>A stored trade. What another program wrote and we would not accept reads as null.</summary>
internal sealed record Trade(
    long Id,
    DateTimeOffset? Timestamp,
    string? TradingPair,
    string? Side,
    decimal? EntryPrice,
    decimal? ExitPrice,
    decimal? Quantity,
    decimal? Pnl,
    string? Status,
    long? SignalId,
    long? Leverage,
    string? PositionMode,
    decimal? StopLoss,
    decimal? TakeProfit,
    DateTimeOffset? ClosedAt,
    string? BotName,
    string? Mode,
    decimal? Fees,
    decimal? PnlPercentage,
    string? ExitReason,
    string? ExternalId)
{
    [JsonIgnore]
    public bool IsClosed => "closed".Equals(Status, StringComparison.OrdinalIgnoreCase);
}

/// <summary>The answer to a stored trade.</summary>
internal sealed record TradeStored(bool Success, string Message, long TradeId) : WriteAnswer;

/// <summary>The answer to a changed or closed trade: the row as it now is.</summary>
internal sealed record TradeChanged(bool Success, string Message, long TradeId, Trade Data) : WriteAnswer;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    Converters = [typeof(MoneyJson), typeof(NumberJson), typeof(WholeJson), typeof(TextJson), typeof(TimeJson)])]
[JsonSerializable(typeof(NewTrade))]
[JsonSerializable(typeof(TradeChange))]
[JsonSerializable(typeof(TradeClose))]
[JsonSerializable(typeof(TradeStored))]
[JsonSerializable(typeof(TradeChanged))]
[JsonSerializable(typeof(One<Trade>))]
[JsonSerializable(typeof(Page<Trade>))]
internal sealed partial class TradeJson : JsonSerializerContext;

using Pilothouse.Contract;
using Pilothouse.Storage;

namespace Pilothouse.Trades;

/// <summary>The fields of a trade that a change may contain.</summary>
[Flags]
internal enum TradeFields
{
    None = 0,
    StopLoss = 1,
    TakeProfit = 2,
    Quantity = 4,
    Fees = 8,
    ExitPrice = 16,
    ClosedAt = 32,
    ExitReason = 64,
    FeeAsset = 128,
    FeeRate = 256,

    /// <summary>It may change at any time.</summary>
    Funding = 512,

    /// <summary>The fields that may change while the trade is open.</summary>
    OfOpen = StopLoss | TakeProfit | Quantity,

    /// <summary>The fields that may be corrected after the close.</summary>
    OfClosed = Fees | ExitPrice | ClosedAt | ExitReason | FeeAsset | FeeRate,

    /// <summary>The fields from which the profit is made.</summary>
    OfProfit = Fees | ExitPrice | FeeAsset | FeeRate | Funding,
}

/// <summary>A change of an open trade, or a correction of a closed one. A field that is not sent stays; null clears it.</summary>
internal sealed record TradeChange : SentFields<TradeFields>, IInput<TradeChange>
{
    public decimal? StopLoss { get; set => field = Sent(value, TradeFields.StopLoss); }

    public decimal? TakeProfit { get; set => field = Sent(value, TradeFields.TakeProfit); }

    public decimal? Quantity { get; set => field = Sent(value, TradeFields.Quantity); }

    /// <summary>Of the whole trade.</summary>
    public decimal? Fees { get; set => field = Sent(value, TradeFields.Fees); }

    public decimal? ExitPrice { get; set => field = Sent(value, TradeFields.ExitPrice); }

    public string? FeeAsset { get; set => field = Sent(value, TradeFields.FeeAsset); }

    public decimal? FeeRate { get; set => field = Sent(value, TradeFields.FeeRate); }

    /// <summary>Of the whole trade up to now: received is positive, paid negative.</summary>
    public decimal? Funding { get; set => field = Sent(value, TradeFields.Funding); }

    public DateTimeOffset? ClosedAt { get; set => field = Sent(value, TradeFields.ClosedAt); }

    public string? ExitReason { get; set => field = Sent(value, TradeFields.ExitReason); }

    /// <summary>Why a closed trade is corrected. The audit log keeps it.</summary>
    public string? Reason { get; set; }

    public static InputRules<TradeChange> Rules { get; } = new InputRules<TradeChange>()
        .Record(TradeStore.ColumnNames)
        .Money("stop_loss", static change => change.StopLoss, above: 0)
        .Money("take_profit", static change => change.TakeProfit, above: 0)
        .Money("quantity", static change => change.Quantity, above: 0)
        .Money("fees", static change => change.Fees)
        .Money("exit_price", static change => change.ExitPrice, least: 0)
        .Name("fee_asset", static change => change.FeeAsset)
        .Money("fee_rate", static change => change.FeeRate, above: 0)
        .Money("funding", static change => change.Funding)
        .Time("closed_at", static change => change.ClosedAt)
        .Text("exit_reason", static change => change.ExitReason, longest: 200)
        .Text("reason", static change => change.Reason, longest: 500)
        .Also("quantity", static change => change.Has(TradeFields.Quantity) && change.Quantity is null ? "must be a number" : null)
        .Also("body", static change => change.Fields == TradeFields.None
            ? "must have stop_loss, take_profit, quantity or funding for an open trade, or fees, fee_asset, fee_rate, funding, exit_price, closed_at or exit_reason for a closed one"
            : null);

    /// <summary>
    /// Returns the fields that were sent and differ from the stored ones: a client may send back a whole record, of which it has changed
    /// some fields.
    /// </summary>
    public TradeFields ChangedOf(Trade trade)
    {
        (TradeFields Field, bool IsSame)[] fields =
        [
            (TradeFields.StopLoss, IsSame(StopLoss, trade.StopLoss)),
            (TradeFields.TakeProfit, IsSame(TakeProfit, trade.TakeProfit)),
            (TradeFields.Quantity, IsSame(Quantity, trade.Quantity)),
            (TradeFields.Fees, IsSame(Fees, trade.Fees)),
            (TradeFields.ExitPrice, IsSame(ExitPrice, trade.ExitPrice)),
            (TradeFields.ClosedAt, ClosedAt is null == trade.ClosedAt is null && (ClosedAt is null || Timestamps.Cut(ClosedAt.Value) == Timestamps.Cut(trade.ClosedAt!.Value))),
            (TradeFields.ExitReason, ExitReason == trade.ExitReason),
            (TradeFields.FeeAsset, string.Equals(FeeAsset, trade.FeeAsset, StringComparison.OrdinalIgnoreCase)),
            (TradeFields.FeeRate, IsSame(FeeRate, trade.FeeRate)),
            (TradeFields.Funding, IsSame(Funding, trade.Funding)),
        ];
        return fields.Where(field => Has(field.Field) && !field.IsSame).Aggregate(TradeFields.None, static (all, field) => all | field.Field);
    }

    private static bool IsSame(decimal? sent, decimal? stored) => sent is { } value ? TradeRepetition.Same(value, stored) : stored is null;
}

/// <summary>Takes a trade out of every figure.</summary>
internal sealed record TradeVoid : IInput<TradeVoid>
{
    public string? Reason { get; init; }

    public static InputRules<TradeVoid> Rules { get; } = new InputRules<TradeVoid>().Text("reason", static input => input.Reason, required: true, longest: 500);
}

using Pilothouse.Contract;

namespace Pilothouse.Trades;

/// <summary>How an open trade, or a part of it, was closed.</summary>
internal sealed record TradeClose : IInput<TradeClose>
{
    public decimal? ExitPrice { get; init; }

    /// <summary>The time of the request if it is left out.</summary>
    public DateTimeOffset? ClosedAt { get; init; }

    /// <summary>Those of the whole trade up to now, in fee_asset; the stored ones if they are left out.</summary>
    public decimal? Fees { get; init; }

    /// <summary>The asset of all fees of the trade; the stored one if it is left out.</summary>
    public string? FeeAsset { get; init; }

    /// <summary>How many settle units one unit of fee_asset is worth.</summary>
    public decimal? FeeRate { get; init; }

    /// <summary>Of the whole trade up to now; the stored one if it is left out.</summary>
    public decimal? Funding { get; init; }

    public string? ExitReason { get; init; }

    /// <summary>How much is closed; less than what is left open is a partial exit. All of it if it is left out.</summary>
    public decimal? Quantity { get; init; }

    public static InputRules<TradeClose> Rules { get; } = new InputRules<TradeClose>()
        .Record(TradeStore.ColumnNames)
        .Money("exit_price", static close => close.ExitPrice, required: true, least: 0)
        .Money("fees", static close => close.Fees)
        .Name("fee_asset", static close => close.FeeAsset)
        .Money("fee_rate", static close => close.FeeRate, above: 0)
        .Money("funding", static close => close.Funding)
        .Text("exit_reason", static close => close.ExitReason, longest: 200)
        .Money("quantity", static close => close.Quantity, above: 0)
        .Time("closed_at", static close => close.ClosedAt);
}

using Pilothouse.Contract;

namespace Pilothouse.Trades;

/// <summary>
/// In what a trade is counted: its contract, the asset of its pnl, and what a unit of its fees is in that asset (docs/metrics.md, "One
/// trade").
/// </summary>
/// <param name="Contract">What a quantity at a price is worth.</param>
/// <param name="SettleAsset">The asset of pnl and funding, in upper case; null if neither the trade nor its pair says it.</param>
/// <param name="FeeRate">Settle units of one unit of the fees; null if the fees are in another asset and nobody said its rate.</param>
/// <param name="Leverage">By which the entry value is divided; null counts as 1.</param>
internal sealed record TradeTerms(TradeContract Contract, string? SettleAsset, decimal? FeeRate, decimal? Leverage)
{
    public static TradeTerms Of(Trade trade) => Of(
        PairAsset.Of(trade.TradingPair), trade.SettleAsset, trade.ContractSize, trade.ContractType, trade.FeeAsset, trade.FeeRate, trade.Leverage);

    public static TradeTerms Of(NewTrade trade) => Of(
        PairAsset.Of(trade.TradingPair), trade.SettleAsset, trade.ContractSize, trade.ContractType, trade.FeeAsset, trade.FeeRate, trade.Leverage);

    /// <summary>What is paid in the settle asset.</summary>
    /// <exception cref="Refusal">Nobody said the rate of the fees.</exception>
    /// <exception cref="OverflowException">It does not fit a decimal.</exception>
    public decimal Paid(decimal? fees) => fees is null or 0 ? 0 : fees.Value * (FeeRate ?? throw Refusal.Invalid("fee_rate", RateNeeded(SettleAsset)));

    /// <summary>What is wrong with the asset and the rate of fees, as the field and a phrase; null if nothing is.</summary>
    public static (string Field, string Problem)? ProblemOfFees(string? feeAsset, decimal? feeRate, string? settleAsset)
    {
        if (string.IsNullOrWhiteSpace(feeAsset))
        {
            return feeRate is null ? null : ("fee_rate", "goes with fee_asset only; fees without one are in the settle asset");
        }

        return IsSettle(feeAsset, settleAsset)
            ? feeRate is null or 1 ? null : ("fee_rate", "must be 1 or left out where fee_asset is the settle asset")
            : feeRate is null ? ("fee_rate", RateNeeded(settleAsset)) : null;
    }

    /// <summary>Settle units of one unit of the fees; null if it is not known.</summary>
    public static decimal? RateOf(string? feeAsset, decimal? feeRate, string? settleAsset) =>
        string.IsNullOrWhiteSpace(feeAsset) || IsSettle(feeAsset, settleAsset) ? 1 : feeRate;

    private static bool IsSettle(string feeAsset, string? settleAsset) => feeAsset.Trim().Equals(settleAsset, StringComparison.OrdinalIgnoreCase);

    private static string RateNeeded(string? settleAsset) => settleAsset is null
        ? "is required with fee_asset: how many units of the settle asset one unit of the fees is worth"
        : $"is required where fee_asset is not {PrintableText.Name(settleAsset)}: how many {PrintableText.Name(settleAsset)} one unit of the fees is worth";

    private static TradeTerms Of(
        PairAsset pair, string? settleAsset, decimal? size, string? type, string? feeAsset, decimal? feeRate, decimal? leverage)
    {
        var settle = pair.SettleOf(settleAsset);
        return new(TradeContract.Of(size, type, pair.IsInverseIn(settle)), settle, RateOf(feeAsset, feeRate, settle), leverage);
    }
}

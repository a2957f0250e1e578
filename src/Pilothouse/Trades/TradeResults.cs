using Pilothouse.Contract;
using Pilothouse.Storage;

namespace Pilothouse.Trades;

/// <summary>Computes the result of a trade with one entry and one exit, or refuses what makes none.</summary>
internal static class TradeResults
{
    /// <exception cref="Refusal">The result cannot be computed.</exception>
    public static TradeResult Of(TradeTerms terms, string side, decimal entry, decimal exit, decimal quantity, decimal? fees, decimal? funding)
    {
        DemandExit(terms, exit);
        try
        {
            var costs = terms.Paid(fees) - (funding ?? 0);
            if (TradePnl.TryCompute(side, entry, exit, quantity, costs, terms.Leverage, terms.Contract, out var result, out var failure))
            {
                return result;
            }

            throw failure switch
            {
                TradePnlFailure.TooLarge => TooLarge(),
                TradePnlFailure.TooSmall => Refusal.Invalid("exit_price", "makes a profit or loss that is too small to be kept"),
                TradePnlFailure.NoPrice => TradeAccess.Unreadable("Trade cannot be closed", "an entry_price of 0"),
                _ => TradeAccess.Unreadable("Trade cannot be closed", "a side that is neither BUY nor SELL"),
            };
        }
        catch (OverflowException)
        {
            throw TooLarge();
        }
    }

    /// <summary>What the exit earned less its own fees: the pnl without funding and without the fees of the entry.</summary>
    /// <param name="terms">In what the trade is counted.</param>
    /// <param name="result">Its result.</param>
    /// <param name="funding">Its funding.</param>
    /// <param name="entryFees">The fees of the entry, which are part of those of the result.</param>
    public static decimal Realized(TradeTerms terms, TradeResult result, decimal? funding, decimal? entryFees)
    {
        try
        {
            return result.Pnl - (funding ?? 0) + terms.Paid(entryFees);
        }
        catch (OverflowException)
        {
            throw TooLarge();
        }
    }

    /// <summary>In what the fees of the entry are counted at the close. If the close names another asset, they stay in that of before.</summary>
    /// <param name="trade">The trade before the close.</param>
    /// <param name="closing">The trade with what the close says.</param>
    public static TradeTerms TermsOfEntry(Trade trade, Trade closing) =>
        TradeTerms.Of(trade) is { FeeRate: not null } before && !string.Equals(trade.FeeAsset, closing.FeeAsset, StringComparison.OrdinalIgnoreCase) ? before : TradeTerms.Of(closing);

    /// <summary>The fees of the entry in the settle asset, from the stored figures of a closed trade.</summary>
    /// <param name="trade">The trade as it is stored.</param>
    /// <param name="now">In what it is counted from now: the fees keep their amount, and are worth what the rate of now says.</param>
    public static decimal EntryFeesOf(Trade trade, TradeTerms now)
    {
        try
        {
            var stored = (trade.RealizedPnl + (trade.Funding ?? 0) - trade.Pnl) ?? 0;
            return TradeTerms.Of(trade).FeeRate is > 0 and var then && now.FeeRate is { } rate && rate != then ? stored / then * rate : stored;
        }
        catch (OverflowException)
        {
            throw TooLarge();
        }
    }

    /// <summary>Returns one amount less another.</summary>
    public static decimal Difference(decimal amount, decimal less)
    {
        try
        {
            return amount - less;
        }
        catch (OverflowException)
        {
            throw Refusal.Invalid("fees", "make an amount that is too large to compute");
        }
    }

    /// <summary>Refuses an exit at 0 of an inverse contract.</summary>
    public static void DemandExit(TradeTerms terms, decimal? exit)
    {
        if (terms.Contract.IsInverse && exit == 0)
        {
            throw Refusal.Invalid("exit_price", "must be greater than 0, because the contract is inverse");
        }
    }

    /// <summary>The rate of the fees after a change: that of another asset does not hold any more.</summary>
    public static decimal? RateAfter(Trade trade, string? feeAsset, decimal? feeRate) =>
        feeRate ?? (feeAsset is null || feeAsset.Equals(trade.FeeAsset, StringComparison.OrdinalIgnoreCase) ? trade.FeeRate : null);

    /// <summary>Refuses a close before the opening.</summary>
    public static void CheckOrder(DateTimeOffset? timestamp, DateTimeOffset closedAt)
    {
        // The close was cut to the millisecond, so the opening is too: Python writes microseconds.
        if (timestamp is { } opened && closedAt < Timestamps.Cut(opened))
        {
            throw Refusal.Invalid("closed_at", "must not be before the trade's timestamp");
        }
    }

    /// <summary>Refuses fees in an asset without its rate.</summary>
    public static void CheckFees(Trade trade)
    {
        if (TradeTerms.ProblemOfFees(trade.FeeAsset, trade.FeeRate, trade.SettleAsset) is { } wrong)
        {
            throw Refusal.Invalid(wrong.Field, wrong.Problem);
        }
    }

    private static Refusal TooLarge() => Refusal.Invalid("exit_price", "makes a profit or loss that is too large to compute");
}

namespace Pilothouse.Trades;

/// <summary>Why the profit of a trade cannot be computed.</summary>
internal enum TradePnlFailure
{
    None,

    /// <summary>The side is neither BUY nor SELL.</summary>
    UnknownSide,

    /// <summary>The profit does not fit a decimal (7.9e28).</summary>
    TooLarge,

    /// <summary>An inverse contract has no value at a price of 0.</summary>
    NoPrice,

    /// <summary>The profit or loss is too small for a decimal (below 1e-28), but is not a rounding error.</summary>
    TooSmall,
}

/// <summary>The profit of a trade in its settle asset, and in percent of the margin that it tied up.</summary>
/// <param name="Pnl">The profit after fees and funding.</param>
/// <param name="PnlPercentage">The profit in percent of the margin; null if the margin is 0 or the number does not fit a decimal.</param>
internal readonly record struct TradeResult(decimal Pnl, decimal? PnlPercentage);

/// <summary>
/// The result of one trade with one entry and one exit (docs/metrics.md, "One trade"): pnl = (exit − entry) × quantity × contract size for
/// BUY and the negative for SELL, minus fees, plus funding; of an inverse contract (1 ÷ entry − 1 ÷ exit) × quantity × contract size.
/// Leverage does not multiply the profit; it only shrinks the margin, entry value ÷ leverage, that pnl_percentage divides by. A profit or
/// loss that is only a rounding error is 0.
/// </summary>
internal static class TradePnl
{
    /// <summary>Returns false and the reason if the profit cannot be computed; never throws. The side may be in any case.</summary>
    /// <param name="costs">The fees less the funding, in the settle asset.</param>
    /// <param name="leverage">The leverage; null counts as 1.</param>
    /// <param name="contract">What a quantity at a price is worth.</param>
    public static bool TryCompute(
        string side,
        decimal entry,
        decimal exit,
        decimal quantity,
        decimal costs,
        decimal? leverage,
        TradeContract contract,
        out TradeResult result,
        out TradePnlFailure failure)
    {
        result = default;
        var isBuy = string.Equals(side, "BUY", StringComparison.OrdinalIgnoreCase);
        if (!isBuy && !string.Equals(side, "SELL", StringComparison.OrdinalIgnoreCase))
        {
            failure = TradePnlFailure.UnknownSide;
            return false;
        }

        if (contract.IsInverse && (entry == 0 || exit == 0))
        {
            failure = TradePnlFailure.NoPrice;
            return false;
        }

        try
        {
            var gain = contract.Gain(isBuy, entry, exit, quantity);
            if (gain == 0 && exit != entry && quantity != 0 && !FloatResidue.IsAll(exit - entry, entry, 1, TradeContract.Linear))
            {
                failure = TradePnlFailure.TooSmall;
                return false;
            }

            var pnl = FloatResidue.Without(gain - costs, entry, quantity, contract);
            result = new TradeResult(pnl, Percentage(pnl, entry, quantity, leverage ?? 1, contract));
            failure = TradePnlFailure.None;
            return true;
        }
        catch (OverflowException)
        {
            failure = TradePnlFailure.TooLarge;
            return false;
        }
    }

    /// <summary>Returns the profit in percent of the margin; null if the margin is 0 or the result is too large.</summary>
    public static decimal? Percentage(decimal pnl, decimal entry, decimal quantity, decimal leverage, TradeContract contract)
    {
        if (leverage <= 0 || (contract.IsInverse && entry == 0))
        {
            return null;
        }

        try
        {
            var margin = contract.Value(entry, quantity) / leverage;
            return margin > 0 ? pnl / margin * 100 : null;
        }
        catch (OverflowException)
        {
            return null;
        }
    }
}

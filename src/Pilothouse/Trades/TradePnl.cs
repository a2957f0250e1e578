namespace Pilothouse.Trades;

/// <summary>Why the profit of a trade cannot be computed.</summary>
internal enum TradePnlFailure
{
    None,

    /// <summary>The side is neither BUY nor SELL.</summary>
    UnknownSide,

    /// <summary>The profit does not fit a decimal (7.9e28).</summary>
    TooLarge,

    /// <summary>The profit or loss is too small for a decimal (below 1e-28), but is not a rounding error.</summary>
    TooSmall,
}

/// <summary>The profit of a trade in the quote currency, and in percent of the margin that it tied up.</summary>
/// <param name="Pnl">The profit after fees.</param>
/// <param name="PnlPercentage">The profit in percent of the margin; null if the margin is 0 or the number does not fit a decimal.</param>
internal readonly record struct TradeResult(decimal Pnl, decimal? PnlPercentage);

/// <summary>
/// The result of one trade (docs/metrics.md, "One trade"): pnl = (exit − entry) × quantity for BUY, (entry − exit) × quantity for
/// SELL, minus fees. Quantity is in base units, so leverage does not multiply the profit; it only shrinks the margin, entry ×
/// quantity ÷ leverage, that pnl_percentage divides by. A profit or loss that is only a rounding error is 0.
/// </summary>
internal static class TradePnl
{
    /// <summary>Returns false and the reason if the profit cannot be computed; never throws. The side may be in any case.</summary>
    /// <param name="leverage">The leverage; null counts as 1.</param>
    public static bool TryCompute(
        string side,
        decimal entry,
        decimal exit,
        decimal quantity,
        decimal fees,
        decimal? leverage,
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

        try
        {
            var gain = (isBuy ? exit - entry : entry - exit) * quantity;
            if (gain == 0 && exit != entry && quantity != 0 && !FloatResidue.IsAll(exit - entry, entry, 1))
            {
                failure = TradePnlFailure.TooSmall;
                return false;
            }

            var pnl = FloatResidue.Without(gain - fees, entry, quantity);
            result = new TradeResult(pnl, Percentage(pnl, entry, quantity, leverage ?? 1));
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
    public static decimal? Percentage(decimal pnl, decimal entry, decimal quantity, decimal leverage)
    {
        if (leverage <= 0)
        {
            return null;
        }

        try
        {
            var margin = entry * quantity / leverage;
            return margin > 0 ? pnl / margin * 100 : null;
        }
        catch (OverflowException)
        {
            return null;
        }
    }
}

using Pilothouse.Storage;

namespace Pilothouse.Trades;

/// <summary>What a trade would have earned at a price, without fees and funding (docs/metrics.md, "Prices").</summary>
internal static class TradeGain
{
    /// <summary>
    /// Returns what a quantity of a trade that was bought, or sold, at an average cost would earn at a price, in the settle asset; null if
    /// that cannot be computed.
    /// </summary>
    public static decimal? At(Trade trade, decimal? quantity, decimal? cost, decimal price)
    {
        if (quantity is null || cost is not > 0 || NewTrade.Sides.Normal(trade.Side) is not { } side)
        {
            return null;
        }

        var contract = TradeTerms.Of(trade).Contract;
        if (contract.IsInverse && price <= 0)
        {
            return null;
        }

        try
        {
            var gain = contract.Gain(side == "BUY", cost.Value, price, quantity.Value);
            return Exact.ToDecimal(Exact.ToDouble(FloatResidue.Without(gain, cost.Value, quantity.Value, contract)));
        }
        catch (OverflowException)
        {
            return null;
        }
    }
}

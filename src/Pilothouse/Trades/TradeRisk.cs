using Pilothouse.Storage;

namespace Pilothouse.Trades;

/// <summary>What a closed trade would have lost at its first stop, and its profit in units of that (docs/metrics.md, "One trade").</summary>
internal static class TradeRisk
{
    /// <summary>Returns the risk in the settle asset; null if there was no stop, or if the stop did not limit a loss.</summary>
    public static decimal? Of(Trade trade)
    {
        if (trade is not { IsClosed: true, InitialStopLoss: { } stop, EntryPrice: { } entry, Quantity: { } quantity } || stop <= 0 || entry <= 0)
        {
            return null;
        }

        try
        {
            return NewTrade.Sides.Normal(trade.Side) is { } side && -TradeTerms.Of(trade).Contract.Gain(side == "BUY", entry, stop, quantity) is var risk and > 0
                ? risk
                : null;
        }
        catch (OverflowException)
        {
            return null;
        }
    }

    public static decimal? MultipleOf(Trade trade)
    {
        try
        {
            // Rounded as a column would return it.
            return trade.Pnl / Of(trade) is { } multiple ? Exact.ToDecimal(Exact.ToDouble(multiple)) : null;
        }
        catch (OverflowException)
        {
            return null;
        }
    }
}

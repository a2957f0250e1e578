using System.Numerics;

namespace Pilothouse.Trades;

/// <summary>
/// What floats leave over is nothing (docs/metrics.md, "One trade"): bots compute in doubles, so a trade that ended where it began
/// keeps a profit or loss of a few last digits. One that is smaller than 10⁻¹² of the entry value (entry × quantity) is exactly 0.
/// </summary>
internal static class FloatResidue
{
    private const double Limit = 1e-12;

    /// <summary>How far a quotient of doubles may be off here; nearer to the limit than this, whole numbers decide.</summary>
    private const double Doubt = 1e-6;

    private static readonly BigInteger LimitDivisor = BigInteger.Pow(10, 12);

    /// <summary>The profit or loss, or 0 where it is nothing but what floats left over.</summary>
    public static decimal Without(decimal pnl, decimal entry, decimal quantity) => IsAll(pnl, entry, quantity) ? 0 : pnl;

    /// <summary>
    /// Whether all of <paramref name="pnl"/> is what floats left over; exact for every value of a decimal. Where other programs stored
    /// a negative quantity or price, its size counts.
    /// </summary>
    public static bool IsAll(decimal pnl, decimal entry, decimal quantity)
    {
        if (pnl == 0 || entry == 0 || quantity == 0)
        {
            return pnl == 0;
        }

        var share = Math.Abs((double)pnl / ((double)entry * (double)quantity));
        return Math.Abs((share / Limit) - 1) > Doubt
            ? share < Limit
            : Digits(pnl) * LimitDivisor * BigInteger.Pow(10, entry.Scale + quantity.Scale)
                < Digits(entry) * Digits(quantity) * BigInteger.Pow(10, pnl.Scale);
    }

    /// <summary>
    /// Whether <paramref name="pnl"/> could be what floats left over: a quick look at stored numbers, so that a reading of many trades
    /// asks <see cref="IsAll"/> about few of them.
    /// </summary>
    public static bool IsPossible(decimal pnl, double entry, double quantity) =>
        pnl != 0 && Math.Abs((double)pnl) < 2 * Limit * Math.Abs(entry * quantity);

    /// <summary>The value without its sign and its decimal point.</summary>
    private static BigInteger Digits(decimal value)
    {
        Span<int> parts = stackalloc int[4];
        decimal.GetBits(value, parts);
        return ((BigInteger)(uint)parts[2] << 64) | ((BigInteger)(uint)parts[1] << 32) | (uint)parts[0];
    }
}

using System.Numerics;

namespace Pilothouse.Trades;

/// <summary>
/// Removes rounding errors of floats (docs/metrics.md, "One trade"): bots compute in doubles, so a trade that ended where it began has a
/// tiny profit or loss. If it is smaller than 10⁻¹² of the entry value (entry × quantity), it is exactly 0.
/// </summary>
internal static class FloatResidue
{
    private const double Limit = 1e-12;

    /// <summary>
    /// How far a quotient of doubles may be wrong here. Closer to the limit than this, it is computed with whole numbers.
    /// </summary>
    private const double Doubt = 1e-6;

    private static readonly BigInteger LimitDivisor = BigInteger.Pow(10, 12);

    /// <summary>Returns the profit or loss, or 0 if it is only a rounding error.</summary>
    public static decimal Without(decimal pnl, decimal entry, decimal quantity) => IsAll(pnl, entry, quantity) ? 0 : pnl;

    /// <summary>
    /// Whether <paramref name="pnl"/> is only a rounding error; exact for every decimal. If another program stored a negative quantity or
    /// price, its absolute value counts.
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
    /// Whether <paramref name="pnl"/> may be a rounding error. This is a fast check, so that <see cref="IsAll"/> is needed for few of many
    /// trades.
    /// </summary>
    public static bool IsPossible(decimal pnl, double entry, double quantity) =>
        pnl != 0 && Math.Abs((double)pnl) < 2 * Limit * Math.Abs(entry * quantity);

    /// <summary>Returns the digits of the value, without its sign and its decimal point.</summary>
    private static BigInteger Digits(decimal value)
    {
        Span<int> parts = stackalloc int[4];
        decimal.GetBits(value, parts);
        return ((BigInteger)(uint)parts[2] << 64) | ((BigInteger)(uint)parts[1] << 32) | (uint)parts[0];
    }
}

using System.Numerics;

namespace Pilothouse.Trades;

/// <summary>
/// Removes rounding errors of floats (docs/metrics.md, "One trade"): bots compute in doubles, so a trade that ended where it began has a
/// tiny profit or loss. If it is smaller than 10⁻¹² of the entry value, it is exactly 0.
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
    public static decimal Without(decimal pnl, decimal entry, decimal quantity, TradeContract contract) =>
        IsAll(pnl, entry, quantity, contract) ? 0 : pnl;

    /// <summary>
    /// Whether <paramref name="pnl"/> is only a rounding error; exact for every decimal. If another program stored a negative quantity or
    /// price, its absolute value counts.
    /// </summary>
    public static bool IsAll(decimal pnl, decimal entry, decimal quantity, TradeContract contract)
    {
        if (pnl == 0 || entry == 0 || quantity == 0)
        {
            return pnl == 0;
        }

        var share = Math.Abs((double)pnl / contract.Value((double)entry, (double)quantity));
        return Math.Abs((share / Limit) - 1) > Doubt ? share < Limit : IsBelowLimit(pnl, entry, quantity, contract);
    }

    /// <summary>
    /// Whether <paramref name="pnl"/> may be a rounding error. This is a fast check, so that <see cref="IsAll"/> is needed for few of many
    /// trades.
    /// </summary>
    public static bool IsPossible(decimal pnl, double entry, double quantity, TradeContract contract) =>
        pnl != 0 && Math.Abs((double)pnl) < 2 * Limit * Math.Abs(contract.Value(entry, quantity));

    /// <summary>Compares |pnl| × 10¹² with the entry value in whole numbers. Of an inverse contract both sides are multiplied by the price.</summary>
    private static bool IsBelowLimit(decimal pnl, decimal entry, decimal quantity, TradeContract contract)
    {
        var amount = Digits(pnl) * LimitDivisor;
        var value = Digits(quantity) * Digits(contract.Size);
        var amountScale = (int)pnl.Scale;
        var valueScale = quantity.Scale + contract.Size.Scale;
        if (contract.IsInverse)
        {
            amount *= Digits(entry);
            amountScale += entry.Scale;
        }
        else
        {
            value *= Digits(entry);
            valueScale += entry.Scale;
        }

        return amount * BigInteger.Pow(10, valueScale) < value * BigInteger.Pow(10, amountScale);
    }

    /// <summary>Returns the digits of the value, without its sign and its decimal point.</summary>
    private static BigInteger Digits(decimal value)
    {
        Span<int> parts = stackalloc int[4];
        decimal.GetBits(value, parts);
        return ((BigInteger)(uint)parts[2] << 64) | ((BigInteger)(uint)parts[1] << 32) | (uint)parts[0];
    }
}

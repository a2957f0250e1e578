using Pilothouse.Storage;

namespace Pilothouse.Agents;

/// <summary>
/// Amounts of dollars as whole numbers of 10^-15, in which nearly every cost of a decision fits: it takes 8 bytes, and a million of them are
/// added in a few milliseconds, where decimals take some thirty.
/// </summary>
internal static class SmallCost
{
    /// <summary>Stands for a cost that is not known.</summary>
    public const long Unknown = long.MinValue;

    /// <summary>Stands for an amount that is larger, or has more decimal places.</summary>
    public const long Odd = long.MaxValue;

    private const int Places = 15;

    private const decimal One = 1_000_000_000_000_000m;

    private static readonly Int128[] PowersOfTen =
        [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000, 10_000_000_000, 100_000_000_000, 1_000_000_000_000,
            10_000_000_000_000, 100_000_000_000_000, 1_000_000_000_000_000];

    /// <summary>Returns the number of an amount; <see cref="Odd"/> if it has none.</summary>
    public static long Of(decimal? amount)
    {
        if (amount is not { } value)
        {
            return Unknown;
        }

        Span<int> bits = stackalloc int[4];
        decimal.GetBits(value, bits);
        if (value.Scale > Places || bits[2] != 0)
        {
            return Odd;
        }

        var size = (Int128)(((ulong)(uint)bits[1] << 32) | (uint)bits[0]) * PowersOfTen[Places - value.Scale];
        return size >= long.MaxValue ? Odd : value < 0 ? -(long)size : (long)size;
    }

    /// <summary>Returns the amount of a sum of numbers; null if a decimal cannot hold it.</summary>
    public static decimal? ToAmount(Int128 sum) => Int128.Abs(sum) < (Int128)decimal.MaxValue ? Exact.Trim((decimal)sum / One) : null;
}

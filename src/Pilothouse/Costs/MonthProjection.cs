using Pilothouse.Storage;

namespace Pilothouse.Costs;

/// <summary>What a month comes to if it goes on as it began: spent ÷ the elapsed part of the month (docs/metrics.md).</summary>
internal static class MonthProjection
{
    private const int Digits = 15;

    /// <summary>So much of a month must have passed before it says anything about the rest.</summary>
    private static readonly TimeSpan Beginning = TimeSpan.FromDays(2);

    public static DateTimeOffset BeginOf(DateTimeOffset now) => new(now.UtcDateTime.Year, now.UtcDateTime.Month, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>How much of the month (UTC) has passed, from 0 to 1.</summary>
    public static double ElapsedPart(DateTimeOffset now) => BeginOf(now) is var begins ? (now - begins) / (begins.AddMonths(1) - begins) : 0;

    /// <summary>Returns the projection; null before the third day of the month, and if it does not fit a decimal.</summary>
    public static decimal? Of(decimal? spent, DateTimeOffset now)
    {
        var begins = BeginOf(now);
        if (spent is not { } sum || now - begins < Beginning)
        {
            return null;
        }

        try
        {
            return Exact.ToDigits(sum / (now - begins).Ticks * (begins.AddMonths(1) - begins).Ticks, Digits);
        }
        catch (OverflowException)
        {
            return null;
        }
    }
}

namespace Pilothouse.Prices;

/// <summary>The price of a pair at a time, and a horizon later (docs/metrics.md, "A price at a time").</summary>
/// <param name="From">At the time; null if it is not known.</param>
/// <param name="To">A horizon later; null if it is not known, or not yet.</param>
internal readonly record struct PriceMove(double? From, double? To)
{
    /// <summary>The move as a share of the first price: 0.01 is a rise of 1 %. Null if a price is not known.</summary>
    public double? Change => (To / From) - 1;

    /// <summary>1 if the price rose, -1 if it fell, 0 if it is the same; null if a price is not known.</summary>
    public int? Direction => From is { } from && To is { } to ? to.CompareTo(from) : null;
}

/// <summary>The horizons by which decisions and signals are judged.</summary>
internal static class Horizon
{
    /// <summary>1, 4 and 24 hours.</summary>
    public static readonly TimeSpan[] All = [TimeSpan.FromHours(1), TimeSpan.FromHours(4), TimeSpan.FromHours(24)];

    /// <summary>How old, or how late, a price may be at either end of a horizon: a quarter of it.</summary>
    public static TimeSpan Within(TimeSpan horizon) => horizon / 4;

    /// <summary>The furthest that a price which judges a moment may be away from it, in either direction.</summary>
    public static readonly TimeSpan Reach = All[^1] + Within(All[^1]);
}

namespace Pilothouse.Bots;

/// <summary>
/// When a bot counts as silent (docs/api.md, "When a bot is silent"). A bot that says how often it reports is silent after three missed
/// reports. Of another, three missed reports by the median of its last intervals count too, but never sooner than BOT_STALE_AFTER_SECONDS:
/// a bot that happened to report often has promised nothing.
/// </summary>
internal static class Pulse
{
    /// <summary>The reports from which the median is computed.</summary>
    public const int Reports = 10;

    /// <summary>Fewer intervals than these say nothing.</summary>
    private const int FewestIntervals = 3;

    private const int MissedReports = 3;

    /// <summary>Returns how long a bot may be quiet.</summary>
    /// <param name="own">How often it says that it reports, in seconds; null if it does not say.</param>
    /// <param name="median">The median of its last intervals in seconds; null if it is unknown.</param>
    /// <param name="staleAfter">BOT_STALE_AFTER_SECONDS.</param>
    public static TimeSpan LongestQuiet(long? own, double? median, TimeSpan staleAfter)
    {
        if (own is { } promised)
        {
            return TimeSpan.FromSeconds(MissedReports * (double)promised);
        }

        var seconds = Math.Max(MissedReports * median ?? 0, staleAfter.TotalSeconds);
        return TimeSpan.FromSeconds(Math.Min(seconds, TimeSpan.MaxValue.TotalSeconds / 2));
    }

    /// <summary>
    /// Returns the median interval in seconds between reports; null if there are too few. Of an even number of intervals it is the mean of
    /// the two in the middle.
    /// </summary>
    /// <param name="newestFirst">The times of the last reports.</param>
    public static double? MedianSeconds(IReadOnlyList<DateTimeOffset> newestFirst)
    {
        var intervals = newestFirst.Zip(newestFirst.Skip(1), static (later, earlier) => (later - earlier).TotalSeconds).Order().ToList();
        var middle = intervals.Count / 2;
        return intervals.Count < FewestIntervals ? null
            : intervals.Count % 2 == 1 ? intervals[middle]
            : (intervals[middle - 1] + intervals[middle]) / 2;
    }
}

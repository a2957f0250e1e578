using System.Globalization;

namespace Pilothouse.Storage.Postgres;

/// <summary>
/// Converts between the sortable text of a time, which lists and cursors use, and PostgreSQL's timestamptz. The empty text stands for a
/// time that is unknown, and sorts before all others: -infinity. Texts that only bound a search may be cut off, such as "2026-03".
/// </summary>
internal static class PostgresTimes
{
    /// <summary>A month or a year may stand for its first moment.</summary>
    private static readonly string[] Bounds = ["yyyy-MM", "yyyy"];

    /// <summary>
    /// Returns the sortable text, which for a time that the server has stored is the same as in a file. Npgsql reads -infinity as the
    /// smallest time and infinity as the largest.
    /// </summary>
    public static string ToKey(DateTime time) => time == DateTime.MinValue ? "" : Timestamps.ToText(time);

    /// <summary>Returns the time of a sortable text. A text that is no time becomes one of the two ends, wherever it sorts.</summary>
    public static DateTime OfKey(string key)
    {
        if (Timestamps.TryParse(key, out var time))
        {
            return time.UtcDateTime;
        }

        if (DateTime.TryParseExact(key, Bounds, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var bound))
        {
            return bound;
        }

        return DateTime.SpecifyKind(string.CompareOrdinal(key, "2") < 0 ? DateTime.MinValue : DateTime.MaxValue, DateTimeKind.Utc);
    }

    /// <summary>Returns the time; null for -infinity and infinity.</summary>
    public static DateTimeOffset? ToTime(DateTime time) =>
        time == DateTime.MinValue || time == DateTime.MaxValue ? null : new DateTimeOffset(time, TimeSpan.Zero);
}

using System.Globalization;

namespace Pilothouse.Storage;

/// <summary>The offset of a zone from UTC, from one local time on.</summary>
/// <param name="From">The local time in its sortable form; empty for the first offset.</param>
/// <param name="OffsetSeconds">Local time minus UTC.</param>
/// <param name="AgainSeconds">The second offset, if these local times occur twice because the clocks went back; else null.</param>
internal readonly record struct LocalTimes(string From, int OffsetSeconds, int? AgainSeconds)
{
    private static readonly DateTimeOffset First = new(1990, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private const int YearsAhead = 20;

    /// <summary>
    /// All that a zone has from 1990 on until twenty years after <paramref name="now"/>. No zone changes its clocks twice in a day.
    /// </summary>
    public static List<LocalTimes> Of(TimeZoneInfo zone, DateTimeOffset now)
    {
        var offset = zone.GetUtcOffset(First);
        var all = new List<LocalTimes> { new("", Seconds(offset), null) };
        for (var day = First; day.Year < now.Year + YearsAhead; day = day.AddDays(1))
        {
            var next = zone.GetUtcOffset(day.AddDays(1));
            if (next == offset)
            {
                continue;
            }

            var change = FindChange(zone, day, next);
            if (next < offset)
            {
                all.Add(new(Text(change + next), Seconds(offset), Seconds(next)));
                all.Add(new(Text(change + offset), Seconds(next), null));
            }
            else
            {
                all.Add(new(Text(change + next), Seconds(next), null));
            }

            offset = next;
        }

        return all;
    }

    /// <summary>The first second of the day behind <paramref name="day"/> that has this offset.</summary>
    private static DateTimeOffset FindChange(TimeZoneInfo zone, DateTimeOffset day, TimeSpan next)
    {
        var (before, after) = (0, 86_400);
        while (after - before > 1)
        {
            var middle = (before + after) / 2;
            (before, after) = zone.GetUtcOffset(day.AddSeconds(middle)) == next ? (before, middle) : (middle, after);
        }

        return day.AddSeconds(after);
    }

    private static int Seconds(TimeSpan offset) => (int)offset.TotalSeconds;

    private static string Text(DateTimeOffset local) => local.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
}

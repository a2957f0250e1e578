namespace Pilothouse.Performance;

/// <summary>
/// Finds the calendar day of a time in a zone. Zones change their offset at a whole minute, so the clock of a minute is remembered: many
/// trades in a row close in the same one.
/// </summary>
internal sealed class CalendarDays(TimeZoneInfo zone)
{
    /// <summary>Before this, zones had offsets and changes of any second.</summary>
    private static readonly long FirstMinute = new DateTime(1975, 1, 1).Ticks / TimeSpan.TicksPerMinute;

    private readonly bool isUtc = zone.Id == TimeZoneInfo.Utc.Id;
    private (long Minute, DateTime Local) known = (-1, default);

    /// <summary>Returns the day of a time.</summary>
    public DateOnly Of(DateTimeOffset time) => DateOnly.FromDateTime(isUtc ? time.UtcDateTime : Local(time));

    /// <summary>Returns the time on a clock of the zone; within a minute, its beginning.</summary>
    public DateTime Local(DateTimeOffset time)
    {
        var minute = time.UtcTicks / TimeSpan.TicksPerMinute;
        if (minute < FirstMinute)
        {
            return TimeZoneInfo.ConvertTime(time, zone).DateTime;
        }

        if (minute != known.Minute)
        {
            known = (minute, TimeZoneInfo.ConvertTime(new DateTimeOffset(minute * TimeSpan.TicksPerMinute, TimeSpan.Zero), zone).DateTime);
        }

        return known.Local;
    }
}

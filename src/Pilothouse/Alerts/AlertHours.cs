using Pilothouse.Configuration;
using Pilothouse.Monitoring;

namespace Pilothouse.Alerts;

/// <summary>The hours of ALERT_QUIET_HOURS and ALERT_SUMMARY_AT, by the clock on the wall in ALERT_TIME_ZONE.</summary>
internal sealed class AlertHours(AlertSettings settings, TimeProvider clock)
{
    private readonly DailySchedule? quietEnds = settings.Quiet is { } quiet ? new(quiet.To.Hour, quiet.To.Minute, clock, settings.Zone) : null;
    private readonly DailySchedule? summary = settings.SummaryAt is { } time ? new(time.Hour, time.Minute, clock, settings.Zone) : null;

    /// <summary>Returns the end of the quiet hours if a moment is within them; else null.</summary>
    public DateTimeOffset? QuietUntil(DateTimeOffset now) =>
        settings.Quiet is { } hours && TimeOnly.FromTimeSpan(TimeZoneInfo.ConvertTime(now, settings.Zone).TimeOfDay).IsBetween(hours.From, hours.To)
            ? quietEnds!.NextAfter(now).ToUniversalTime() : null;

    /// <summary>Returns the newest moment, at or before <paramref name="now"/>, that ends a day of the summary; null if none is asked for.</summary>
    public DateTimeOffset? SummaryDueAt(DateTimeOffset now) => summary?.LastUntil(now);
}

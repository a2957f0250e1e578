using System.Globalization;
using Cronos;

namespace Pilothouse.Monitoring;

/// <summary>
/// A schedule that is due once a day at an hour and minute of a zone's time, which is that of this machine if none is given. If clocks go
/// forward over that time, it is due at the first time after the gap; if clocks go back and the time comes twice, it is due the first time
/// (the rule of Cronos and Vixie cron).
/// </summary>
internal sealed class DailySchedule(int hour, int minute, TimeProvider clock, TimeZoneInfo? zone = null)
{
    private readonly CronExpression expression = CronExpression.Parse(string.Create(CultureInfo.InvariantCulture, $"{minute} {hour} * * *"));

    /// <summary>Returns the first due time after <paramref name="moment"/>.</summary>
    public DateTimeOffset NextAfter(DateTimeOffset moment) =>
        expression.GetNextOccurrence(moment, zone ?? clock.LocalTimeZone) ?? throw new InvalidOperationException("A daily schedule has no end.");

    /// <summary>Returns the last due time that is not after <paramref name="moment"/>.</summary>
    public DateTimeOffset LastUntil(DateTimeOffset moment)
    {
        // Three days always contain a due time, even in a zone that skips a whole day.
        var last = NextAfter(moment.AddDays(-3));
        for (var next = last; next <= moment; next = NextAfter(next))
        {
            last = next;
        }

        return last;
    }

    /// <summary>Waits for the next due time. If the clock is changed or the machine was asleep, this is noticed within a minute.</summary>
    public async Task WaitAsync(CancellationToken cancel)
    {
        var due = NextAfter(clock.GetUtcNow());
        for (var left = due - clock.GetUtcNow(); left > TimeSpan.Zero; left = due - clock.GetUtcNow())
        {
            await Task.Delay(left < TimeSpan.FromMinutes(1) ? left : TimeSpan.FromMinutes(1), clock, cancel);

            // If the clock was set back by more than a day, the due time is computed again; otherwise this would wait for the old one.
            var again = NextAfter(clock.GetUtcNow());
            due = again < due ? again : due;
        }
    }
}

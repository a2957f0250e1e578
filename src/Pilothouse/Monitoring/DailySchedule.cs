using System.Globalization;
using Cronos;

namespace Pilothouse.Monitoring;

/// <summary>
/// Once a day at an hour and minute of local time. On the night that the clocks go forward a time that does not exist is the first
/// that does; on the night that they go back a time that comes twice is its first (Cronos's rule, which is that of Vixie cron).
/// </summary>
internal sealed class DailySchedule(int hour, int minute, TimeProvider clock)
{
    private readonly CronExpression expression = CronExpression.Parse(string.Create(CultureInfo.InvariantCulture, $"{minute} {hour} * * *"));

    /// <summary>The first time after <paramref name="moment"/>.</summary>
    public DateTimeOffset NextAfter(DateTimeOffset moment) =>
        expression.GetNextOccurrence(moment, clock.LocalTimeZone) ?? throw new InvalidOperationException("A daily schedule has no end.");

    /// <summary>The last time that is not after <paramref name="moment"/>.</summary>
    public DateTimeOffset LastUntil(DateTimeOffset moment)
    {
        // Two days hold one at least, also where a zone skips a whole day.
        var last = NextAfter(moment.AddDays(-3));
        for (var next = last; next <= moment; next = NextAfter(next))
        {
            last = next;
        }

        return last;
    }

    /// <summary>Waits for the next time; a clock that is set, or a machine that slept, is noticed within a minute.</summary>
    public async Task WaitAsync(CancellationToken cancel)
    {
        var due = NextAfter(clock.GetUtcNow());
        for (var left = due - clock.GetUtcNow(); left > TimeSpan.Zero; left = due - clock.GetUtcNow())
        {
            await Task.Delay(left < TimeSpan.FromMinutes(1) ? left : TimeSpan.FromMinutes(1), clock, cancel);

            // Set back over more than a day, the clock would keep us waiting for it to come back.
            var again = NextAfter(clock.GetUtcNow());
            due = again < due ? again : due;
        }
    }
}

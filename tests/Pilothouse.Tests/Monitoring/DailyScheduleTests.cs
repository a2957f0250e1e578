using System.Globalization;
using Microsoft.Extensions.Time.Testing;
using Pilothouse.Monitoring;

namespace Pilothouse.Tests.Monitoring;

/// <summary>Once a day by the clock on the wall, also on the nights when it is changed.</summary>
public sealed class DailyScheduleTests
{
    [Theory]
    [InlineData("UTC", 2, 0, "2026-03-02T01:59:59Z", "2026-03-02T02:00:00Z")]
    [InlineData("UTC", 2, 0, "2026-03-02T02:00:00Z", "2026-03-03T02:00:00Z")]
    [InlineData("Europe/Berlin", 2, 30, "2026-01-10T12:00:00Z", "2026-01-11T01:30:00Z")]

    // The clocks go from 2:00 to 3:00 on 29 March 2026 at 01:00 UTC: half past two is not on the wall that night.
    [InlineData("Europe/Berlin", 2, 30, "2026-03-29T00:00:00Z", "2026-03-29T01:00:00Z")]
    [InlineData("Europe/Berlin", 2, 30, "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z")]

    // They go back from 3:00 to 2:00 on 25 October 2026 at 01:00 UTC: half past two comes at 00:30 and at 01:30 UTC.
    [InlineData("Europe/Berlin", 2, 30, "2026-10-24T23:00:00Z", "2026-10-25T00:30:00Z")]
    [InlineData("Europe/Berlin", 2, 30, "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z")]
    public void The_next_time(string zone, int hour, int minute, string now, string expected)
    {
        var schedule = new DailySchedule(hour, minute, ClockIn(zone, now));
        Assert.Equal(Parse(expected), schedule.NextAfter(Parse(now)));
        Assert.Equal(Parse(expected), schedule.LastUntil(Parse(expected)));
        Assert.Equal(Parse(expected), schedule.LastUntil(Parse(expected).AddHours(5)));
    }

    [Fact]
    public async Task It_waits_until_then_and_sees_a_clock_that_was_set()
    {
        var clock = ClockIn("UTC", "2026-03-02T01:00:00Z");
        var waiting = new DailySchedule(2, 0, clock).WaitAsync(TestContext.Current.CancellationToken);
        for (var minutes = 0; minutes < 59; minutes++)
        {
            clock.Advance(TimeSpan.FromMinutes(1));
            await Task.Delay(5, TestContext.Current.CancellationToken);
            Assert.False(waiting.IsCompleted, $"after {minutes} minutes");
        }

        clock.Advance(TimeSpan.FromMinutes(1));
        await waiting.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
    }

    private static FakeTimeProvider ClockIn(string zone, string now)
    {
        var clock = new FakeTimeProvider(Parse(now));
        clock.SetLocalTimeZone(TimeZoneInfo.FindSystemTimeZoneById(zone));
        return clock;
    }

    private static DateTimeOffset Parse(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}

using Pilothouse.Import;

namespace Pilothouse.Tests.Import;

/// <summary>Times as other programs write them.</summary>
public sealed class TimeTextTests
{
    [Theory]
    [InlineData("2025-12-31", "2025-12-30T23:00:00Z")]
    [InlineData("2025-07-01", "2025-06-30T22:00:00Z")]
    [InlineData("2025-12-31 10:30", "2025-12-31T09:30:00Z")]
    [InlineData("2025-12-31T10:30:15.25", "2025-12-31T09:30:15.25Z")]
    [InlineData("31.12.2025", "2025-12-30T23:00:00Z")]
    [InlineData("2025-12-31T10:30:15Z", "2025-12-31T10:30:15Z")]
    [InlineData("2025-12-31T10:30:15+03:00", "2025-12-31T07:30:15Z")]
    [InlineData("2025-12-31 10:30:15-0330", "2025-12-31T14:00:15Z")]
    [InlineData("2025-12-31 10:30:15.5+02", "2025-12-31T08:30:15.5Z")]
    [InlineData("2025-12-31 10:30:15 UTC", "2025-12-31T10:30:15Z")]
    public void A_time_without_a_zone_is_in_the_zone_of_the_owner(string text, string utc)
    {
        var time = new TimeText(TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin"), DateOrder.Unknown).Read(text, out var problem);
        Assert.Null(problem);
        Assert.Equal(DateTimeOffset.Parse(utc, System.Globalization.CultureInfo.InvariantCulture), time);
    }
}

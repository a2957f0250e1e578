using System.Globalization;

namespace Pilothouse.Monitoring;

/// <summary>Formats durations for people, in their two largest units.</summary>
internal static class Spans
{
    private const int DaysOfYear = 365;

    private static readonly (string Word, string Short, long Seconds)[] Units =
    [
        ("year", "y", DaysOfYear * 86_400L), ("day", "d", 86_400), ("hour", "h", 3600), ("minute", "min", 60), ("second", "s", 1),
    ];

    /// <summary>For a column: "8 y 236 d", "12 d 3 h", "5 s".</summary>
    public static string Short(double seconds) => Text(
        seconds, " ", static (count, unit) => string.Create(CultureInfo.InvariantCulture, $"{count} {unit.Short}"));

    /// <summary>For a sentence: "8 years and 236 days", "1 hour and 5 minutes", "5 seconds".</summary>
    public static string Words(double seconds) => Text(
        seconds, " and ",
        static (count, unit) => string.Create(CultureInfo.InvariantCulture, $"{count} {unit.Word}{(count == 1 ? "" : "s")}"));

    private static string Text(double seconds, string between, Func<long, (string Word, string Short, long Seconds), string> write)
    {
        var left = (long)Math.Clamp(seconds, 0, TimeSpan.MaxValue.TotalSeconds);
        var first = Array.FindIndex(Units, unit => left >= unit.Seconds);
        if (first < 0 || first == Units.Length - 1)
        {
            return write(left, Units[^1]);
        }

        var (large, small) = (Units[first], Units[first + 1]);
        return $"{write(left / large.Seconds, large)}{between}{write(left % large.Seconds / small.Seconds, small)}";
    }
}

using System.Globalization;
using System.Text.RegularExpressions;
using Pilothouse.Contract;
using Pilothouse.Storage;

namespace Pilothouse.Import;

/// <summary>In which order a date with slashes has its parts.</summary>
internal enum DateOrder
{
    /// <summary>No date has told yet.</summary>
    Unknown,
    DayFirst,
    MonthFirst,
}

/// <summary>
/// Reads times as other programs write them: ISO 8601, epoch seconds and milliseconds, 31.12.2025 14:00, 12/31/2025 2:00 PM. A time without
/// a zone is in <paramref name="zone"/>.
/// </summary>
internal sealed partial class TimeText(TimeZoneInfo zone, DateOrder order)
{
    /// <summary>Returns the time, or null and what is wrong with it, as a phrase.</summary>
    public DateTimeOffset? Read(string text, out string? problem)
    {
        problem = null;
        text = text.Trim();
        if (decimal.TryParse(text, NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
        {
            problem = EpochTime.Find(number) is null ? "is a number, and no time" : null;
            return EpochTime.Find(number);
        }

        if (text.EndsWith(" UTC", StringComparison.OrdinalIgnoreCase))
        {
            text = text[..^4] + "Z";
        }

        if (Parts().Match(text) is { Success: true } match)
        {
            return FromParts(match, ref problem);
        }

        if (!Timestamps.TryParse(text, out var time))
        {
            problem = "is no time that can be read";
            return null;
        }

        return HasZone().IsMatch(text) ? time : InZone(time.UtcDateTime, ref problem);
    }

    /// <summary>What a text tells of the order of the parts of dates.</summary>
    public static DateOrder OrderOf(string text) => Parts().Match(text.Trim()) is not { Success: true } match ? DateOrder.Unknown
        : match.Groups["by"].Value == "." || Whole(match, "a") > 12 ? DateOrder.DayFirst
        : Whole(match, "b") > 12 ? DateOrder.MonthFirst : DateOrder.Unknown;

    /// <summary>Whether a text is a date with its parts in an order that must be known.</summary>
    public static bool NeedsOrder(string text) => Parts().IsMatch(text.Trim());

    private DateTimeOffset? FromParts(Match match, ref string? problem)
    {
        var dayFirst = match.Groups["by"].Value == "." || order == DateOrder.DayFirst;
        var (day, month) = dayFirst ? (Whole(match, "a"), Whole(match, "b")) : (Whole(match, "b"), Whole(match, "a"));
        var year = Whole(match, "y");
        year += match.Groups["y"].Length == 2 ? 2000 : 0;
        var hour = Whole(match, "h");
        if (match.Groups["half"].Value is { Length: > 0 } half)
        {
            hour = hour is < 1 or > 12 ? 99 : (hour % 12) + (half.StartsWith("p", StringComparison.OrdinalIgnoreCase) ? 12 : 0);
        }

        if (month is < 1 or > 12 || year is < 1 || day < 1 || day > DateTime.DaysInMonth(year, month) || hour > 23 || Whole(match, "m") > 59 || Whole(match, "s") > 59)
        {
            problem = "is no time that can be read";
            return null;
        }

        var fraction = match.Groups["f"].Value is { Length: > 0 } digits ? decimal.Parse("0." + digits, CultureInfo.InvariantCulture) : 0;
        var local = new DateTime(year, month, day, hour, Whole(match, "m"), Whole(match, "s"), DateTimeKind.Unspecified).AddTicks((long)(fraction * TimeSpan.TicksPerSecond));
        return match.Groups["z"].Length > 0 ? new DateTimeOffset(local, TimeSpan.Zero) : InZone(local, ref problem);
    }

    private DateTimeOffset? InZone(DateTime local, ref string? problem)
    {
        var time = DateTime.SpecifyKind(local, DateTimeKind.Unspecified);
        if (zone.IsInvalidTime(time))
        {
            problem = $"does not exist in {zone.Id}: the clocks were put forward";
            return null;
        }

        return new DateTimeOffset(time, zone.GetUtcOffset(time));
    }

    private static int Whole(Match match, string group) => int.TryParse(match.Groups[group].Value, CultureInfo.InvariantCulture, out var number) ? number : 0;

    [GeneratedRegex(@"^(?<a>\d{1,2})(?<by>[./-])(?<b>\d{1,2})[./-](?<y>\d{4}|\d{2})(?:[ T,]+(?<h>\d{1,2}):(?<m>\d{2})(?::(?<s>\d{2})(?:[.,](?<f>\d{1,9}))?)?\s*(?<half>[AaPp]\.?[Mm]\.?)?)?(?<z>Z)?$")]
    private static partial Regex Parts();

    /// <summary>A zone follows a time of the day: the end of 2025-12-31 is none.</summary>
    [GeneratedRegex(@":\d{2}(?:[.,]\d+)?\s*(?:Z|[+-]\d{2}(?::?\d{2})?)$", RegexOptions.IgnoreCase)]
    private static partial Regex HasZone();
}

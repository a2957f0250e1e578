using System.Globalization;

namespace Pilothouse.Candles;

/// <summary>
/// The length of a candle, as ccxt writes it: a number and s, m, h, d, w, M (months) or y, such as 1m, 15m, 4h, 1d, 1w, 1M. The case
/// matters: 1m is a minute and 1M a month.
/// </summary>
internal static class Timeframe
{
    public const int Longest = 4;

    private const string Units = "smhdwMy";

    /// <summary>What is wrong with a timeframe, as a phrase that follows its name; null if nothing is.</summary>
    public static string? Problem(string text) => TryParse(text, out _, out _) ? null
        : "must be a timeframe as ccxt writes it: a number from 1 to 999 and s, m, h, d, w, M or y, such as 1m, 15m, 1h, 1d or 1M";

    /// <summary>Returns when a candle ends that began at <paramref name="open"/>; null if that is not a timeframe, or beyond all times.</summary>
    public static DateTimeOffset? EndOf(string? text, DateTimeOffset open)
    {
        if (text is null || !TryParse(text, out var count, out var unit))
        {
            return null;
        }

        try
        {
            return unit switch
            {
                'M' => open.AddMonths(count),
                'y' => open.AddYears(count),
                _ => open + LengthOf(count, unit),
            };
        }
        catch (ArgumentOutOfRangeException)
        {
            return null;
        }
    }

    /// <summary>Returns the length; of a month or a year the shortest. Null if it is not a timeframe.</summary>
    public static TimeSpan? LengthOf(string? text) => text is not null && TryParse(text, out var count, out var unit) ? LengthOf(count, unit) : null;

    /// <summary>Returns the length, at most: a month and a year are at most so much longer than the shortest of them. 0 if it is not a timeframe.</summary>
    public static TimeSpan LongestOf(string text) => (LengthOf(text) ?? default) * (IsFixed(text) ? 1 : 1.2);

    /// <summary>Whether all its candles are as long as each other. Months and years are not.</summary>
    public static bool IsFixed(string text) => text[^1] is not ('M' or 'y');

    private static TimeSpan LengthOf(int count, char unit) => count * unit switch
    {
        's' => TimeSpan.FromSeconds(1),
        'm' => TimeSpan.FromMinutes(1),
        'h' => TimeSpan.FromHours(1),
        'd' => TimeSpan.FromDays(1),
        'w' => TimeSpan.FromDays(7),
        'M' => TimeSpan.FromDays(28),
        _ => TimeSpan.FromDays(365),
    };

    private static bool TryParse(string text, out int count, out char unit)
    {
        (count, unit) = (0, text.Length > 0 ? text[^1] : '\0');
        return text.Length is > 1 and <= Longest && text[0] != '0' && Units.Contains(unit, StringComparison.Ordinal)
            && int.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out count);
    }
}

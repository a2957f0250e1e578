using System.Globalization;

namespace Pilothouse.Webhooks;

/// <summary>
/// The length of the bars of a chart, as charts write it: a number of minutes, or a number before S, H, D, W or M (months), of which 1 may be
/// left out. The same with a small letter behind, such as 15m and 4h, is the way of exchanges: there m stands for minutes.
/// </summary>
/// <param name="Timeframe">As exchanges write it: 30s, 15m, 4h, 1d, 1w, 1M.</param>
/// <param name="Length">How long a bar is; of a month at most.</param>
internal sealed record ChartInterval(string Timeframe, TimeSpan Length)
{
    private const int MostMinutes = 44_640;

    /// <summary>Returns the interval; null if the text is none.</summary>
    public static ChartInterval? Read(string text)
    {
        var digits = text.TakeWhile(char.IsAsciiDigit).Count();
        var count = digits == 0 ? 1 : int.TryParse(text.AsSpan(0, digits), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
        return count is < 1 or > MostMinutes || (digits == 0 && text.Length != 1) ? null : text[digits..] switch
        {
            "" or "m" when digits > 0 => OfMinutes(count),
            "S" or "s" => new($"{count}s", TimeSpan.FromSeconds(count)),
            "H" or "h" => OfMinutes(count * 60L),
            "D" or "d" => new($"{count}d", TimeSpan.FromDays(count)),
            "W" or "w" => new($"{count}w", TimeSpan.FromDays(7L * count)),
            "M" => new($"{count}M", TimeSpan.FromDays(31L * count)),
            _ => null,
        };
    }

    private static ChartInterval OfMinutes(long minutes) => new(
        minutes % 1440 == 0 ? $"{minutes / 1440}d" : minutes % 60 == 0 ? $"{minutes / 60}h" : $"{minutes}m", TimeSpan.FromMinutes(minutes));
}

using System.Globalization;

namespace Pilothouse.Storage;

/// <summary>
/// Converts between decimal and double through the shortest text that converts back to the same number. The casts of C# keep only 15 digits
/// (123456789.12345679 does not survive them).
/// </summary>
internal static class Exact
{
    /// <summary>The most decimal places of a decimal.</summary>
    private const int MostPlaces = 28;

    public static double ToDouble(decimal value)
    {
        Span<char> text = stackalloc char[40];
        value.TryFormat(text, out var length, provider: CultureInfo.InvariantCulture);
        return double.Parse(text[..length], NumberStyles.Float, CultureInfo.InvariantCulture);
    }

    /// <summary>
    /// Returns the decimal; null if a decimal cannot hold the number: infinity, NaN, 7.9e28 and more, or a value so small that it would be
    /// 0.
    /// </summary>
    public static decimal? ToDecimal(double value)
    {
        Span<char> text = stackalloc char[40];
        value.TryFormat(text, out var length, provider: CultureInfo.InvariantCulture);
        var fits = decimal.TryParse(text[..length], NumberStyles.Float, CultureInfo.InvariantCulture, out var result);
        return fits && (result != 0 || value == 0) ? result : null;
    }

    /// <summary>
    /// Rounds to <paramref name="digits"/> significant digits, half to even, without trailing zeros. The digits of a quotient beyond these
    /// mean nothing, and a client's double cannot hold them.
    /// </summary>
    public static decimal ToDigits(decimal value, int digits)
    {
        // The number of digits before the point; for a small number, minus the number of zeros after it.
        var before = 0;
        var size = Math.Abs(value);
        for (var rest = decimal.Truncate(size); rest >= 1; rest = decimal.Truncate(rest / 10))
        {
            before++;
        }

        for (; size is > 0 and < 0.1m && before > digits - MostPlaces; size *= 10)
        {
            before--;
        }

        var places = Math.Min(digits - before, MostPlaces);
        var unit = 1m;
        for (var i = places; i < 0; i++)
        {
            unit *= 10;
        }

        return Trim(decimal.Round(value / unit, Math.Max(places, 0)) * unit);
    }

    /// <summary>Returns the same number without trailing zeros: dividing by 1 with 28 places removes them.</summary>
    public static decimal Trim(decimal value) => value / 1.0000000000000000000000000000m;
}

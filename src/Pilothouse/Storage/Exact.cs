using System.Globalization;

namespace Pilothouse.Storage;

/// <summary>
/// Between decimal and double without losing a digit that was sent: through the shortest round-trip text. The casts of C# go
/// through 15 digits (123456789.12345679 does not come back).
/// </summary>
internal static class Exact
{
    /// <summary>Places that a decimal has after its point at most.</summary>
    private const int MostPlaces = 28;

    public static double ToDouble(decimal value)
    {
        Span<char> text = stackalloc char[40];
        value.TryFormat(text, out var length, provider: CultureInfo.InvariantCulture);
        return double.Parse(text[..length], NumberStyles.Float, CultureInfo.InvariantCulture);
    }

    /// <summary>Null where a decimal cannot hold the number: infinity, NaN, 7.9e28 and more, or so little that it would be 0.</summary>
    public static decimal? ToDecimal(double value)
    {
        Span<char> text = stackalloc char[40];
        value.TryFormat(text, out var length, provider: CultureInfo.InvariantCulture);
        var fits = decimal.TryParse(text[..length], NumberStyles.Float, CultureInfo.InvariantCulture, out var result);
        return fits && (result != 0 || value == 0) ? result : null;
    }

    /// <summary>
    /// Rounded to <paramref name="digits"/> significant digits, half to even, without zeros at the end: what a division gives beyond
    /// them is no information, and no client's double holds it.
    /// </summary>
    public static decimal ToDigits(decimal value, int digits)
    {
        // As many places before the point as the number has, less the zeros that a small one has after it.
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

        // Dividing by a 1 with 28 places takes the zeros at the end away.
        return decimal.Round(value / unit, Math.Max(places, 0)) * unit / 1.0000000000000000000000000000m;
    }
}

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

    /// <summary>Whole numbers below this, and these powers of ten, are exact doubles; so is their quotient, to the nearest double.</summary>
    private const ulong ExactWhole = 1UL << 53;

    private static readonly double[] PowersOfTen =
        [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22];

    /// <summary>Up to this many decimal places are tried without making a text.</summary>
    private const int PlacesTried = 8;

    /// <summary>A whole number with at most 15 digits: only one such number, at one number of places, converts to a given double.</summary>
    private const double FifteenDigits = 1e15;

    public static double ToDouble(decimal value)
    {
        Span<int> parts = stackalloc int[4];
        decimal.GetBits(value, parts);
        var whole = ((ulong)(uint)parts[1] << 32) | (uint)parts[0];
        if (parts[2] == 0 && whole < ExactWhole && value.Scale < PowersOfTen.Length)
        {
            var size = whole / PowersOfTen[value.Scale];
            return value < 0 ? -size : size;
        }

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
        for (byte places = 0; places <= PlacesTried; places++)
        {
            var whole = Math.Round(value * PowersOfTen[places]);
            if (!(Math.Abs(whole) < FifteenDigits))
            {
                break;
            }

            if ((whole / PowersOfTen[places]).Equals(value))
            {
                var size = (ulong)Math.Abs(whole);
                return new decimal((int)(uint)size, (int)(uint)(size >> 32), 0, whole < 0, places);
            }
        }

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

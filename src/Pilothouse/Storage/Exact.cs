using System.Globalization;

namespace Pilothouse.Storage;

/// <summary>
/// Between decimal and double without losing a digit that was sent: through the shortest round-trip text. The casts of C# go
/// through 15 digits (123456789.12345679 does not come back).
/// </summary>
internal static class Exact
{
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
}

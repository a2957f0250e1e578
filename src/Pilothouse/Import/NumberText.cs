using System.Globalization;
using System.Text.RegularExpressions;
using Pilothouse.Contract;

namespace Pilothouse.Import;

/// <summary>Reads numbers as spreadsheets write them: 1,234.56 and, with a decimal comma, 1.234,56 and 1 234,56.</summary>
internal static partial class NumberText
{
    /// <summary>Returns the number; null if the text is none.</summary>
    public static decimal? Read(string text, char point)
    {
        text = Clean(text);
        var whole = point == ',' ? text.Replace(".", "", StringComparison.Ordinal).Replace(',', '.') : text.Replace(",", "", StringComparison.Ordinal);
        return Form(point).IsMatch(text) && decimal.TryParse(whole, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? RecordBody.Kept(number) : null;
    }

    /// <summary>Returns the decimal point that a text must have; null if it tells nothing.</summary>
    public static char? PointOf(string text)
    {
        text = Clean(text);
        var (asComma, asPoint) = (Form(',').IsMatch(text), Form('.').IsMatch(text));
        return asComma == asPoint ? null : asComma ? ',' : '.';
    }

    /// <summary>Whether a text is another number with a decimal comma than with a decimal point.</summary>
    public static bool IsAmbiguous(string text) => Read(text, ',') is { } one && Read(text, '.') is { } other && one != other;

    private static string Clean(string text) => text.Trim().Replace(" ", "", StringComparison.Ordinal).Replace("\u00a0", "", StringComparison.Ordinal)
        .Replace("\u202f", "", StringComparison.Ordinal).Replace("'", "", StringComparison.Ordinal);

    private static Regex Form(char point) => point == ',' ? Comma() : Point();

    [GeneratedRegex(@"^[+-]?(?:\d{1,3}(?:,\d{3})+|\d*)(?:\.\d+)?(?<=\d)(?:[eE][+-]?\d{1,3})?$")]
    private static partial Regex Point();

    [GeneratedRegex(@"^[+-]?(?:\d{1,3}(?:\.\d{3})+|\d*)(?:,\d+)?(?<=\d)(?:[eE][+-]?\d{1,3})?$")]
    private static partial Regex Comma();
}

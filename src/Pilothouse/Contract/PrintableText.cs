using System.Globalization;
using System.Text;

namespace Pilothouse.Contract;

/// <summary>
/// Makes text of clients and other programs safe for a terminal and a log. A control character could control the terminal or begin a new
/// line, and a change of the writing direction could show a text other than the real one.
/// </summary>
internal static class PrintableText
{
    public const int LongestName = 100;

    /// <summary>Returns what is wrong with a name, as a phrase that follows the field's name; null if it is good.</summary>
    public static string? ProblemOfName(string name) =>
        string.IsNullOrWhiteSpace(name) ? "must not be empty"
        : name.Length > LongestName ? string.Create(CultureInfo.InvariantCulture, $"must be at most {LongestName} characters long")
        : !IsHarmless(name) ? "must not have control characters, characters that are not seen, or changes of the direction of writing"
        : null;

    /// <summary>Returns the text in one line, with ? in place of each unsafe character.</summary>
    public static string Of(string text) =>
        IsHarmless(text) ? text : string.Concat(text.EnumerateRunes().Select(static rune => IsHidden(rune) ? "?" : rune.ToString()));

    /// <summary>
    /// Returns the JSON in one line, with each unsafe character escaped (<c>\u202e</c>), so that programs read the same values.
    /// </summary>
    public static string Json(string json) => IsHarmless(json) ? json : Escape(json, keepLines: false);

    /// <summary>Returns text or JSON of several lines, with each unsafe character escaped.</summary>
    public static string Lines(string text) => IsHarmless(text) ? text : Escape(text, keepLines: true);

    /// <summary>Returns a stored name, which may have any length, cut to the longest length that a name may have.</summary>
    public static string Name(string name) => Of(name.Length <= LongestName ? name : name[..LongestName] + "...");

    private static bool IsHarmless(string text)
    {
        if (!text.AsSpan().ContainsAnyExceptInRange(' ', '~'))
        {
            return true;
        }

        foreach (var rune in text.EnumerateRunes())
        {
            if (IsHidden(rune))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Whether the character must not be printed. Half of a surrogate pair arrives here as U+FFFD.</summary>
    private static bool IsHidden(Rune rune) => rune == Rune.ReplacementChar || Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format
        or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;

    private static string Escape(string text, bool keepLines)
    {
        var escaped = new StringBuilder(text.Length + 20);
        Span<char> units = stackalloc char[2];
        foreach (var rune in text.EnumerateRunes())
        {
            var length = rune.EncodeToUtf16(units);
            if (!IsHidden(rune) || (keepLines && rune.Value is '\n' or '\t'))
            {
                escaped.Append(units[..length]);
                continue;
            }

            foreach (var unit in units[..length])
            {
                escaped.Append(CultureInfo.InvariantCulture, $"\\u{(int)unit:x4}");
            }
        }

        return escaped.ToString();
    }
}

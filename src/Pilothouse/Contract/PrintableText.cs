using System.Globalization;
using System.Text;

namespace Pilothouse.Contract;

/// <summary>
/// Text of clients and other programs as it may stand in a terminal and a log: a control character would steer the terminal or begin a line of
/// its own, a change of the direction of writing would show another text than is there.
/// </summary>
internal static class PrintableText
{
    public const int LongestName = 100;

    /// <summary>What is wrong with a name, as a phrase, or null.</summary>
    public static string? ProblemOfName(string name) =>
        string.IsNullOrWhiteSpace(name) ? "must not be empty"
        : name.Length > LongestName ? string.Create(CultureInfo.InvariantCulture, $"must be at most {LongestName} characters long")
        : !IsHarmless(name) ? "must not have control characters, characters that are not seen, or changes of the direction of writing"
        : null;

    /// <summary>The text in one line, with ? in place of what is not to be printed.</summary>
    public static string Of(string text) =>
        IsHarmless(text) ? text : string.Concat(text.EnumerateRunes().Select(static rune => IsHidden(rune) ? "?" : rune.ToString()));

    /// <summary>One line of JSON: what is not to be printed is written out, <c>\u202e</c>, which programs read as before.</summary>
    public static string Json(string json) => IsHarmless(json) ? json : Escape(json, keepLines: false);

    /// <summary>Text of several lines, or JSON of several, written out in the same way.</summary>
    public static string Lines(string text) => IsHarmless(text) ? text : Escape(text, keepLines: true);

    /// <summary>A stored name, which may be of any length: cut where a good one would have ended.</summary>
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

    /// <summary>Half of a surrogate pair is read as U+FFFD, which is hidden here too.</summary>
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

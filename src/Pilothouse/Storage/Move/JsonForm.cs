using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Pilothouse.Storage.Move;

/// <summary>
/// The canonical text of a JSON value. PostgreSQL's jsonb keeps the value and not its text: it sorts the names of an object and drops the
/// spaces between. Two texts have the same canonical text if and only if they are the same value, to the last digit of every number.
/// </summary>
internal static class JsonForm
{
    private const int MostExponent = 1000;

    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 64, AllowDuplicateProperties = false };

    /// <summary>Returns what is wrong with the text as a phrase; null if jsonb can hold it without a change of its meaning.</summary>
    public static string? Problem(string text)
    {
        try
        {
            Of(text);
            return null;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            return "no JSON that can be stored";
        }
    }

    /// <summary>Returns the canonical text.</summary>
    /// <exception cref="JsonException">It is no JSON, has a name twice, is nested more than 64 deep, or has a number that is too
    /// large.</exception>
    /// <exception cref="InvalidOperationException">A text in it has half of a surrogate pair, or a NUL.</exception>
    public static string Of(string text)
    {
        using var document = JsonDocument.Parse(text, Strict);
        var written = new StringBuilder(text.Length);
        Write(written, document.RootElement);
        return written.ToString();
    }

    private static void Write(StringBuilder into, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                into.Append('{');
                foreach (var property in value.EnumerateObject().OrderBy(static property => property.Name, StringComparer.Ordinal))
                {
                    WriteText(into, property.Name);
                    Write(into, property.Value);
                }

                into.Append('}');
                break;
            case JsonValueKind.Array:
                into.Append('[');
                foreach (var item in value.EnumerateArray())
                {
                    Write(into, item);
                    into.Append(',');
                }

                into.Append(']');
                break;
            case JsonValueKind.String:
                WriteText(into, value.GetString()!);
                break;
            case JsonValueKind.Number:
                into.Append(NumberOf(value.GetRawText()));
                break;
            default:
                into.Append(value.GetRawText());
                break;
        }
    }

    private static void WriteText(StringBuilder into, string text) => into.Append(text.Contains('\0', StringComparison.Ordinal)
        ? throw new InvalidOperationException("a NUL")
        : string.Create(CultureInfo.InvariantCulture, $"\"{text.Length}:{text}"));

    /// <summary>Returns all digits of a number without zeros at either end, and the exponent of ten: "-15e-1" for "-1.50".</summary>
    /// <exception cref="JsonException">The exponent is so large that PostgreSQL would refuse it.</exception>
    private static string NumberOf(string raw)
    {
        var at = raw.IndexOfAny(['e', 'E']);
        var exponent = 0;
        if (at >= 0 && (!int.TryParse(raw.AsSpan(at + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out exponent)
            || Math.Abs(exponent) > MostExponent))
        {
            throw new JsonException("a number is too large");
        }

        var mantissa = at >= 0 ? raw[..at] : raw;
        var point = mantissa.IndexOf('.', StringComparison.Ordinal);
        exponent -= point >= 0 ? mantissa.Length - point - 1 : 0;
        var digits = mantissa.Replace(".", "", StringComparison.Ordinal).TrimStart('-').TrimStart('0');
        var trimmed = digits.TrimEnd('0');
        exponent += digits.Length - trimmed.Length;
        return trimmed.Length == 0 ? "0" : string.Create(CultureInfo.InvariantCulture, $"{(raw[0] == '-' ? "-" : "")}{trimmed}e{exponent}");
    }
}

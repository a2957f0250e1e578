using System.Text;
using Pilothouse.Contract;

namespace Pilothouse.Webhooks;

/// <summary>
/// How a text message is written: literal text with placeholders such as <c>{pair}</c> between. It is read from left to right, once: a
/// placeholder takes what stands before the next literal text. So no template and no text can make it slow. Any white space counts as one
/// space.
/// </summary>
internal sealed class MessageTemplate
{
    /// <summary>A placeholder whose text is not looked at.</summary>
    private const string Anything = "any";

    /// <summary>The placeholder for the secret, which is found by itself.</summary>
    private const string Secret = "secret";

    /// <summary>The literal texts, and the placeholder behind each; null behind the last.</summary>
    private readonly List<(string Literal, string? Place)> parts = [];

    private MessageTemplate()
    {
    }

    /// <summary>Returns what is wrong with a template, as a phrase that follows its name; null if it is good.</summary>
    public static string? Problem(string text)
    {
        var (template, problem) = Parse(text);
        return problem
            ?? AlertPlaces.Needed.Where(place => template!.parts.TrueForAll(part => part.Place != place)).Select(static place => $"needs {{{place}}}").FirstOrDefault();
    }

    /// <summary>Returns a template that was checked before.</summary>
    public static MessageTemplate Of(string text) => Parse(text).Template ?? throw new ArgumentException(Parse(text).Problem, nameof(text));

    /// <summary>Returns the text of each placeholder.</summary>
    /// <exception cref="Refusal">The message is written otherwise; the refusal names the first placeholder that cannot be read.</exception>
    public Dictionary<string, string> Read(string message)
    {
        var text = OneSpaced(message);
        var found = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        if (!text.StartsWith(parts[0].Literal, StringComparison.Ordinal))
        {
            throw Otherwise(parts[0].Place ?? "template", $"cannot be read: the text does not begin with “{parts[0].Literal}”");
        }

        var at = parts[0].Literal.Length;
        for (var i = 0; i + 1 < parts.Count; i++)
        {
            var (place, next, isLast) = (parts[i].Place!, parts[i + 1].Literal, i + 2 == parts.Count);
            var end = isLast ? EndOf(text, next, at) : text.IndexOf(next, at, StringComparison.Ordinal);
            if (end < 0)
            {
                throw Otherwise(place, isLast && next.Length > 0
                    ? $"cannot be read: the text does not end with “{next}”" : $"cannot be read: “{next}” is not in the text behind it");
            }

            var value = text[at..end].Trim();
            if (value.Length == 0 && place is not (Anything or Secret))
            {
                throw Otherwise(place, "has no text at its place");
            }

            found[place] = value;
            at = end + next.Length;
        }

        found.Remove(Anything);
        found.Remove(Secret);
        return found;
    }

    private static int EndOf(string text, string literal, int from) =>
        text.EndsWith(literal, StringComparison.Ordinal) && text.Length - literal.Length >= from ? text.Length - literal.Length : -1;

    private static Refusal Otherwise(string place, string problem) => Refusal.Invalid(place, problem);

    private static (MessageTemplate? Template, string? Problem) Parse(string text)
    {
        var template = new MessageTemplate();
        var rest = OneSpaced(text);
        while (rest.IndexOf('{', StringComparison.Ordinal) is var open and >= 0)
        {
            var close = rest.IndexOf('}', open);
            var place = close < 0 ? rest[(open + 1)..] : rest[(open + 1)..close].Trim();
            if (close < 0 || !(AlertPlaces.All.Contains(place) || place is Anything or Secret))
            {
                var known = string.Join(", ", AlertPlaces.All.Append(Secret).Append(Anything).Select(static one => $"{{{one}}}"));
                return (null, $"has {{{InputNames.Shown(place)}}}, which is none of {known}");
            }

            if (open == 0 && template.parts.Count > 0)
            {
                return (null, $"needs text before {{{place}}}: nothing tells where the placeholder before it ends");
            }

            if (place != Anything && template.parts.Exists(part => part.Place == place))
            {
                return (null, $"has {{{place}}} twice");
            }

            template.parts.Add((rest[..open], place));
            rest = rest[(close + 1)..];
        }

        template.parts.Add((rest, null));
        return (template, null);
    }

    /// <summary>The text without white space at its ends, and with one space in the place of any other.</summary>
    private static string OneSpaced(string text)
    {
        var spaced = new StringBuilder(text.Length);
        foreach (var c in text.Trim())
        {
            if (!char.IsWhiteSpace(c))
            {
                spaced.Append(c);
            }
            else if (spaced[^1] != ' ')
            {
                spaced.Append(' ');
            }
        }

        return spaced.ToString();
    }
}

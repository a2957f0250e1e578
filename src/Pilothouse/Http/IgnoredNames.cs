using System.Text;
using System.Text.Json;

namespace Pilothouse.Http;

/// <summary>
/// The names in a request that had no effect. The answer tells the client about each, so that nothing is ignored in silence.
/// </summary>
internal sealed class IgnoredNames
{
    public const string Header = "X-Ignored";

    /// <summary>The most characters that the header may have: proxies accept only a few kilobytes of headers.</summary>
    private const int LongestHeader = 1000;

    private const int LongestName = 64;

    private readonly List<string> names = [];

    /// <summary>The names noted for this request, or null.</summary>
    public static IReadOnlyList<string>? Of(HttpContext http) => http.Features.Get<IgnoredNames>()?.names;

    /// <summary>Adds names to those of this request and writes all of them to the header.</summary>
    public static void Note(HttpContext http, IReadOnlyList<string>? names)
    {
        if (names is null or { Count: 0 })
        {
            return;
        }

        var noted = http.Features.Get<IgnoredNames>() ?? new IgnoredNames();
        noted.names.AddRange(names.Except(noted.names));
        http.Features.Set(noted);
        http.Response.Headers[Header] = noted.ToHeader();
    }

    /// <summary>Adds the names that a kept answer of an earlier request holds.</summary>
    public static void NoteKept(HttpContext http, ReadOnlyMemory<byte> json)
    {
        if (json.Span.IndexOf("\"ignored\":["u8) >= 0)
        {
            using var answer = JsonDocument.Parse(json);
            if (answer.RootElement.TryGetProperty("ignored", out var names))
            {
                Note(http, [.. names.EnumerateArray().Select(static name => name.GetString()!)]);
            }
        }
    }

    /// <summary>
    /// Returns the header's text in printable ASCII: all characters but letters, digits and <c>-_.~</c> are escaped as in a URL.
    /// </summary>
    private string ToHeader()
    {
        var text = new StringBuilder();
        foreach (var name in names)
        {
            var shown = name.Length == 0 ? "\"\"" : Uri.EscapeDataString(name.Length <= LongestName ? name : name[..LongestName]);
            if (text.Length + shown.Length > LongestHeader)
            {
                return text.Append(text.Length == 0 ? "..." : ", ...").ToString();
            }

            text.Append(text.Length == 0 ? "" : ", ").Append(shown);
        }

        return text.ToString();
    }
}

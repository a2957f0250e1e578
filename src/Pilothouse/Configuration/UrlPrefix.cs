namespace Pilothouse.Configuration;

/// <summary>The path prefix under which a proxy serves this server, such as <c>/pilothouse</c>; empty for the root.</summary>
internal static class UrlPrefix
{
    private const int Longest = 200;

    /// <summary>The first segments of this server's own paths.</summary>
    private static readonly string[] Ours = ["api", "health", "metrics", "openapi", "docs", "mcp"];

    /// <summary>
    /// Reads a prefix from a setting or a header. It becomes part of links, redirects and cookies, so anything is refused that could lead
    /// to another host or be read as another path.
    /// </summary>
    public static bool TryRead(string text, out string prefix)
    {
        prefix = text.EndsWith('/') ? text[..^1] : text;
        return prefix.Length == 0
            ? text.Length > 0
            : prefix.Length <= Longest && prefix[0] == '/' && Array.TrueForAll(prefix[1..].Split('/'), IsPart);
    }

    /// <summary>
    /// Whether the prefix is also the beginning of our own paths. With the prefix <c>/api</c>, nobody could tell whether
    /// <c>/api/signals</c> is our path or <c>/signals</c> with the prefix.
    /// </summary>
    public static bool IsAmbiguous(string prefix) =>
        prefix.Length > 0 && Ours.Contains(prefix.Split('/')[1], StringComparer.OrdinalIgnoreCase);

    private static bool IsPart(string part) =>
        part.Length > 0 && part is not ("." or "..") && part.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '~');
}

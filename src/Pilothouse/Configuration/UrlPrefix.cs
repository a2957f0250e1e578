namespace Pilothouse.Configuration;

/// <summary>The path under which a proxy serves us, such as <c>/pilothouse</c>; empty where it serves us at its root.</summary>
internal static class UrlPrefix
{
    private const int Longest = 200;

    /// <summary>What our own paths begin with.</summary>
    private static readonly string[] Ours = ["api", "health", "metrics", "openapi", "docs", "mcp"];

    /// <summary>
    /// Reads a prefix as it may stand in a setting or header. It goes into links, redirects and cookies: nothing passes that could lead
    /// to another host or mean another path.
    /// </summary>
    public static bool TryRead(string text, out string prefix)
    {
        prefix = text.EndsWith('/') ? text[..^1] : text;
        return prefix.Length == 0
            ? text.Length > 0
            : prefix.Length <= Longest && prefix[0] == '/' && Array.TrueForAll(prefix[1..].Split('/'), IsPart);
    }

    /// <summary>
    /// Whether a path could begin with the prefix although a proxy has already taken it off: under <c>/api</c>, is <c>/api/signals</c>
    /// ours, or <c>/signals</c> with the prefix?
    /// </summary>
    public static bool IsAmbiguous(string prefix) =>
        prefix.Length > 0 && Ours.Contains(prefix.Split('/')[1], StringComparer.OrdinalIgnoreCase);

    private static bool IsPart(string part) =>
        part.Length > 0 && part is not ("." or "..") && part.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '~');
}

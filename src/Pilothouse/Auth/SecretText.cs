using System.Text.RegularExpressions;

namespace Pilothouse.Auth;

/// <summary>Finds our secrets in texts that others wrote: API keys (<c>ph_</c>) and the secrets of webhooks (<c>wh_</c>).</summary>
internal static partial class SecretText
{
    /// <summary>How a secret of a webhook begins.</summary>
    public const string OfWebhook = "wh_";

    /// <summary>
    /// Returns the text with <c>***</c> in the place of each secret, whatever stands before it, and of each part of one that is long enough to be told
    /// from a word. A secret whose underscore is written as an escape of JSON or of a form is one as well.
    /// </summary>
    public static string Masked(string text) => Any().Replace(text, "$1***");

    /// <summary>Returns the first secret of a webhook in the text; null if there is none.</summary>
    public static string? FirstOfWebhook(string text) =>
        text.Contains(OfWebhook, StringComparison.Ordinal) && Whole().Match(text) is { Success: true } match ? match.Value : null;

    [GeneratedRegex(@"([pw]h(?:_|\\u005[fF]|%5[fF]))(?:[0-9A-Za-z]{43,}|(?<=(?:^|[^0-9A-Za-z])[pw]h(?:_|\\u005[fF]|%5[fF]))[0-9A-Za-z]{12,})", RegexOptions.CultureInvariant)]
    private static partial Regex Any();

    [GeneratedRegex("wh_[0-9A-Za-z]{43}(?![0-9A-Za-z])", RegexOptions.CultureInvariant)]
    private static partial Regex Whole();
}

namespace Pilothouse.Contract;

/// <summary>
/// The form of a trading pair or of another symbol of an exchange: SUI/USDC, XRP/USDT:USDT, M&amp;M, ES1!, @107, or two token addresses. It
/// is stored as it was sent, because kPEPE and KPEPE are different, and is compared without regard to the case of A to Z.
/// </summary>
internal static class TradingPair
{
    public const int Longest = PrintableText.LongestName;

    /// <summary>Returns what is wrong with it, as a phrase; null if it is good.</summary>
    public static string? Problem(string text) =>
        PrintableText.ProblemOfName(text) ?? (char.IsWhiteSpace(text[0]) || char.IsWhiteSpace(text[^1]) ? "must not begin or end with a space" : null);

    /// <summary>Returns the text in small letters as lower() of SQLite makes them: only the letters A to Z change.</summary>
    public static string Lower(string text) => string.Create(text.Length, text, static (small, text) =>
    {
        for (var i = 0; i < text.Length; i++)
        {
            small[i] = char.IsAsciiLetterUpper(text[i]) ? (char)(text[i] - 'A' + 'a') : text[i];
        }
    });

    /// <summary>Returns the text in capitals as upper() of SQLite makes them: only the letters a to z change.</summary>
    public static string Upper(string text) => string.Create(text.Length, text, static (capitals, text) =>
    {
        for (var i = 0; i < text.Length; i++)
        {
            capitals[i] = char.IsAsciiLetterLower(text[i]) ? (char)(text[i] - 'a' + 'A') : text[i];
        }
    });
}

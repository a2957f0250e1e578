using Pilothouse.Contract;

namespace Pilothouse.Webhooks;

/// <summary>
/// Makes a trading pair of a symbol as charts name it: BINANCE:BTCUSDT is BTC/USDT, BTCUSDT.P is the perpetual BTC/USDT:USDT. A symbol that
/// can be read in two ways, or in none, is refused: the webhook can name its pair.
/// </summary>
internal static class PairNames
{
    private const string Perpetual = ".P";

    /// <summary>The assets in which symbols of spot markets and perpetuals are quoted.</summary>
    private static readonly string[] Quotes =
        ["USDT", "USDC", "FDUSD", "TUSD", "BUSD", "USDE", "DAI", "USD", "EUR", "GBP", "JPY", "TRY", "BRL", "AUD", "CHF", "BTC", "ETH", "BNB"];

    /// <summary>Perpetuals that are quoted in one of these are settled in it.</summary>
    private static readonly string[] SettledInQuote = ["USDT", "USDC"];

    /// <summary>Returns the pair; null and what is wrong with the symbol, as a phrase that follows the field's name.</summary>
    /// <param name="symbol">The symbol, with or without an exchange before it.</param>
    /// <param name="exchange">The exchange, where the message has it apart.</param>
    /// <param name="named">The pairs that the webhook names.</param>
    public static (string? Pair, string? Problem) Find(string symbol, string? exchange, Dictionary<string, string?>? named)
    {
        var colon = symbol.IndexOf(':', StringComparison.Ordinal);
        var slash = symbol.IndexOf('/', StringComparison.Ordinal);
        var hasExchange = colon > 0 && (slash < 0 || colon < slash);
        var ticker = hasExchange ? symbol[(colon + 1)..] : symbol;
        var full = hasExchange ? symbol : exchange is null ? null : $"{exchange}:{ticker}";
        if ((Named(named, full) ?? Named(named, ticker)) is { } pair)
        {
            return (pair, null);
        }

        return ticker.Contains('/', StringComparison.Ordinal)
            ? TradingPair.Problem(ticker) is { } problem ? (null, problem) : (ticker, null)
            : Split(TradingPair.Upper(ticker), full ?? ticker);
    }

    private static (string? Pair, string? Problem) Split(string ticker, string shown)
    {
        var isPerpetual = ticker.EndsWith(Perpetual, StringComparison.Ordinal);
        var name = isPerpetual ? ticker[..^Perpetual.Length] : ticker;
        var quotes = Array.FindAll(Quotes, quote => name.Length > quote.Length + 1 && name.EndsWith(quote, StringComparison.Ordinal));
        if (quotes.Length != 1 || name.Any(static c => !char.IsAsciiLetterOrDigit(c)))
        {
            var why = quotes.Length > 1 ? "can be split in more than one way" : "is no symbol that can be split into a pair";
            return (null, $"is {PrintableText.Name(shown)}, which {why}: name its pair in the webhook's pairs");
        }

        var (asset, quoted) = (name[..^quotes[0].Length], quotes[0]);
        return asset == "XBT" || (isPerpetual && !SettledInQuote.Contains(quoted))
            ? (null, $"is {PrintableText.Name(shown)}, whose settlement cannot be told from its name: name its pair in the webhook's pairs")
            : (isPerpetual ? $"{asset}/{quoted}:{quoted}" : $"{asset}/{quoted}", null);
    }

    private static string? Named(Dictionary<string, string?>? named, string? symbol) =>
        symbol is null ? null : named?.FirstOrDefault(pair => pair.Key.Equals(symbol, StringComparison.OrdinalIgnoreCase)).Value;
}

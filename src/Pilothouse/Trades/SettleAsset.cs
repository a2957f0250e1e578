using System.Collections.Frozen;

namespace Pilothouse.Trades;

/// <summary>
/// The asset in which a trade's pnl and fees count, as its pair says it (docs/metrics.md, "Which money"): <c>SUI/USDC</c> and
/// <c>SUIUSDC</c> settle in USDC, <c>XRP/USDT:USDT</c> in USDT, <c>BTC/USD:BTC</c> in BTC.
/// </summary>
internal static class SettleAsset
{
    /// <summary>What amounts of several dollar-like assets together are in, and trades whose pair says nothing.</summary>
    public const string Reporting = "USD";

    private const int ShortestBase = 2;

    /// <summary>Assets that count one to one as dollars.</summary>
    private static readonly FrozenSet<string> Dollars =
        FrozenSet.ToFrozenSet(["USD", "USDT", "USDC", "FDUSD", "BUSD", "TUSD", "DAI", "USDE", "PYUSD"], StringComparer.Ordinal);

    /// <summary>What pairs without a separator end with, the longest first.</summary>
    private static readonly string[] Quotes =
        [.. Dollars.Concat(["EUR", "GBP", "JPY", "CHF", "AUD", "CAD", "TRY", "BRL", "KRW", "BTC", "ETH", "BNB"]).OrderByDescending(static asset => asset.Length)];

    /// <summary>In upper case; null where the pair does not say it.</summary>
    public static string? Of(string? pair)
    {
        if (string.IsNullOrWhiteSpace(pair))
        {
            return null;
        }

        var text = pair.Trim().ToUpperInvariant();
        var settled = text.LastIndexOf(':');
        if (settled >= 0)
        {
            // Futures with a date and options go on after it: BTC/USD:BTC-251226.
            return Named(text[(settled + 1)..].Split('-')[0]);
        }

        var quoted = text.LastIndexOf('/');
        return quoted >= 0 ? Named(text[(quoted + 1)..]) : ByEnding(text);
    }

    /// <summary>Assets of one unit may be added: dollar-like ones at par; any other only to itself.</summary>
    public static string UnitOf(string asset) => Dollars.Contains(asset) ? Reporting : asset;

    private static string? Named(string asset) => asset.Trim() is { Length: > 0 } name ? name : null;

    private static string? ByEnding(string text)
    {
        // Coinbase and others separate the two by - or _, and then the second is the whole quote.
        var separator = text.IndexOfAny(['-', '_']);
        if (separator >= 0)
        {
            return Array.Find(Quotes, quote => text.AsSpan(separator + 1).SequenceEqual(quote));
        }

        var asset = Array.Find(Quotes, quote => text.EndsWith(quote, StringComparison.Ordinal) && text.Length - quote.Length >= ShortestBase);

        // DOTUSD is DOT in USD and not DO in TUSD, as BNBUSD is no pair of BUSD: what trades against these has three letters or more.
        return asset is "TUSD" or "BUSD" && text.Length - asset.Length <= ShortestBase ? Reporting : asset;
    }
}

using System.Collections.Concurrent;
using System.Collections.Frozen;

namespace Pilothouse.Trades;

/// <summary>
/// Finds the asset of a trade's pnl and fees in its pair (docs/metrics.md, "Which money"): <c>SUI/USDC</c> and <c>SUIUSDC</c> settle in
/// USDC, <c>XRP/USDT:USDT</c> in USDT, <c>BTC/USD:BTC</c> in BTC.
/// </summary>
internal static class SettleAsset
{
    /// <summary>The currency of the sum of several dollar-like assets, and of trades whose pair names no asset.</summary>
    public const string Reporting = "USD";

    private const int ShortestBase = 2;

    /// <summary>Assets that count one to one as dollars.</summary>
    private static readonly FrozenSet<string> Dollars =
        FrozenSet.ToFrozenSet(["USD", "USDT", "USDC", "FDUSD", "BUSD", "TUSD", "DAI", "USDE", "PYUSD"], StringComparer.Ordinal);

    /// <summary>The endings of pairs without a separator, the longest first.</summary>
    private static readonly string[] Quotes =
        [.. Dollars.Concat(["EUR", "GBP", "JPY", "CHF", "AUD", "CAD", "TRY", "BRL", "KRW", "BTC", "ETH", "BNB"]).OrderByDescending(static asset => asset.Length)];

    /// <summary>Returns the asset in upper case; null if the pair does not name one.</summary>
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
            // Pairs of futures with an expiry date and of options continue after the asset: BTC/USD:BTC-251226.
            return Named(text[(settled + 1)..].Split('-')[0]);
        }

        var quoted = text.LastIndexOf('/');
        return quoted >= 0 ? Named(text[(quoted + 1)..]) : ByEnding(text);
    }

    /// <summary>Whether a pair settles in its own base asset, as <c>BTC/USD:BTC</c>: such a contract is inverse.</summary>
    public static bool IsBaseOf(string? pair)
    {
        var parts = (pair ?? "").ToUpperInvariant().Split('/', ':');
        return parts.Length == 3 && parts[0].Trim() is { Length: > 0 } asset && asset == Of(pair);
    }

    /// <summary>The assets that count one to one as dollars.</summary>
    public static IReadOnlyCollection<string> AllDollars => Dollars;

    /// <summary>Whether an asset, in capitals, counts as a dollar.</summary>
    public static bool IsDollar(string asset) => Dollars.Contains(asset);

    /// <summary>Returns the unit in which amounts of this asset may be added: USD for dollar-like assets, else the asset itself.</summary>
    public static string UnitOf(string asset) => Dollars.Contains(asset) ? Reporting : asset;

    private static string? Named(string asset) => asset.Trim() is { Length: > 0 } name ? name : null;

    private static string? ByEnding(string text)
    {
        // Coinbase and others separate the two assets by - or _. Then the whole second part is the quote asset.
        var separator = text.IndexOfAny(['-', '_']);
        if (separator >= 0)
        {
            return Array.Find(Quotes, quote => text.AsSpan(separator + 1).SequenceEqual(quote));
        }

        var asset = Array.Find(Quotes, quote => text.EndsWith(quote, StringComparison.Ordinal) && text.Length - quote.Length >= ShortestBase);

        // DOTUSD is DOT in USD and not DO in TUSD, and BNBUSD is BNB in USD and not BN in BUSD: assets with fewer than three letters are
        // not traded against these.
        return asset is "TUSD" or "BUSD" && text.Length - asset.Length <= ShortestBase ? Reporting : asset;
    }
}

/// <summary>What a pair says of the money of its trades.</summary>
/// <param name="Asset">The settle asset; null if the pair does not name it.</param>
/// <param name="IsInverse">Whether it settles in its own base asset.</param>
internal readonly record struct PairAsset(string? Asset, bool IsInverse)
{
    /// <summary>There are few pairs. Should there ever be more, those that come later are read each time.</summary>
    private const int MostKnown = 4096;

    private static readonly ConcurrentDictionary<string, PairAsset> Known = new(StringComparer.Ordinal);

    /// <summary>Reads a pair. What it says is remembered, because there are few pairs and many trades.</summary>
    public static PairAsset Of(string? pair)
    {
        if (pair is null)
        {
            return default;
        }

        if (!Known.TryGetValue(pair, out var asset))
        {
            asset = new(SettleAsset.Of(pair), SettleAsset.IsBaseOf(pair));
            if (Known.Count < MostKnown)
            {
                Known.TryAdd(pair, asset);
            }
        }

        return asset;
    }

    /// <summary>The settle asset of a trade: its own, else that of its pair.</summary>
    public string? SettleOf(string? own) => string.IsNullOrWhiteSpace(own) ? Asset : own.Trim().ToUpperInvariant();

    /// <summary>Whether a trade that settles in this asset is inverse, if nobody says otherwise.</summary>
    public bool IsInverseIn(string? settleAsset) => IsInverse && settleAsset == Asset;
}

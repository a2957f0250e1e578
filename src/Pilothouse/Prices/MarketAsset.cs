using Pilothouse.Trades;

namespace Pilothouse.Prices;

/// <summary>
/// Tells which of the two prices in a snapshot of the market is that of a pair: BTC or ETH against an asset that counts as a dollar, such as
/// BTC/USDT, BTCUSDT, ETH-USD or BTC/USD:BTC.
/// </summary>
internal static class MarketAsset
{
    public const string Bitcoin = "BTC";

    public const string Ether = "ETH";

    /// <summary>Returns BTC, ETH or null.</summary>
    /// <param name="pair">The pair in capitals.</param>
    public static string? Of(string pair)
    {
        foreach (var asset in (ReadOnlySpan<string>)[Bitcoin, Ether])
        {
            // A pair of futures names after a colon what it settles in, and when.
            if (pair.StartsWith(asset, StringComparison.Ordinal) && IsDollar(pair.Split(':')[0][asset.Length..].TrimStart('/', '-', '_')))
            {
                return asset;
            }
        }

        return null;
    }

    private static bool IsDollar(string quote) => SettleAsset.UnitOf(quote) == SettleAsset.Reporting;
}

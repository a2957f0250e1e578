using Pilothouse.Contract;
using Pilothouse.Trades;

namespace Pilothouse.Correlation;

/// <summary>Reads the base asset of a pair: SUI of <c>SUI/USDC</c>, <c>SUIUSDC</c>, <c>SUI-USDC</c> and <c>SUI/USDC:USDC</c>.</summary>
internal static class PairBase
{
    private const int LongestAsset = 20;

    /// <summary>Returns the base asset in capitals.</summary>
    /// <param name="pair">The pair in any case.</param>
    /// <param name="quotes">The quote assets whose prices count.</param>
    /// <returns>Null if the pair is in another asset, names none, or is of a future with an end or an option, whose price is not that of the asset.</returns>
    public static string? Of(string pair, IReadOnlyCollection<string> quotes)
    {
        var parts = TradingPair.Upper(pair).Split(':');
        if (parts.Length > 2 || (parts.Length == 2 && parts[1].Contains('-')))
        {
            return null;
        }

        var symbol = parts[0];
        var separator = symbol.IndexOf('/') is var slash and >= 0 ? slash : symbol.IndexOfAny(['-', '_']);
        if (separator >= 0)
        {
            return quotes.Contains(symbol[(separator + 1)..]) ? Named(symbol[..separator]) : null;
        }

        // Without a separator the pair ends with the asset in which it settles.
        return SettleAsset.Of(symbol) is { } quote && quotes.Contains(quote) && symbol.Length > quote.Length ? Named(symbol[..^quote.Length]) : null;
    }

    private static string? Named(string asset) => asset.Length is > 0 and <= LongestAsset ? asset : null;
}

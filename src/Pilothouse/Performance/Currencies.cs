using System.Collections;
using System.Globalization;
using Pilothouse.Trades;

namespace Pilothouse.Performance;

/// <summary>How many trades there are in each asset.</summary>
internal sealed class AssetCounts : IEnumerable<KeyValuePair<string, long>>
{
    private readonly Dictionary<string, long> counts = new(StringComparer.Ordinal);

    /// <param name="asset">Null counts in the reporting currency.</param>
    public void Add(string? asset, long trades = 1)
    {
        var name = asset ?? SettleAsset.Reporting;
        counts[name] = counts.GetValueOrDefault(name) + trades;
    }

    public IEnumerator<KeyValuePair<string, long>> GetEnumerator() => counts.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

/// <summary>
/// Which money (docs/metrics.md): amounts of different assets are never added as they are. Dollar-like assets count one to one; with
/// any other beside them no figure in money can be known, and each asset has its own.
/// </summary>
internal sealed class Currencies(TimeZoneInfo zone)
{
    private readonly Dictionary<string, PerformanceFigures> counted = new(StringComparer.Ordinal);
    private readonly AssetCounts moved = new();

    /// <summary>What all figures in money are in, or would be.</summary>
    public string Currency => counted.Count == 1 ? counted.Keys.First()
        : counted.Keys.Select(SettleAsset.UnitOf).Distinct().ToList() is [var unit] ? unit
        : SettleAsset.Reporting;

    /// <summary>Of the figures that are begun; null for those of one currency by itself.</summary>
    public static Currencies? For(EquityPlan plan, TimeZoneInfo zone)
    {
        if (plan.IsPart)
        {
            return null;
        }

        var currencies = new Currencies(zone);
        currencies.Move(plan.EarlierAssets);
        return currencies;
    }

    /// <summary>A trade that counts, or moves the equity, or both.</summary>
    public void Add(in ClosedTrade trade, TradePart part)
    {
        var asset = trade.Asset ?? SettleAsset.Reporting;
        if (part.Has(TradePart.MovesEquity))
        {
            moved.Add(asset);
        }

        if (!part.Has(TradePart.Counts))
        {
            return;
        }

        if (!counted.TryGetValue(asset, out var figures))
        {
            counted[asset] = figures = new(EquityPlan.OneAccount(null) with { IsPart = true }, zone);
        }

        figures.Add(trade);
    }

    /// <summary>Trades in these assets moved the equity before.</summary>
    public void Move(AssetCounts assets)
    {
        foreach (var (asset, trades) in assets)
        {
            moved.Add(asset, trades);
        }
    }

    /// <summary>Why amounts cannot be added; null where they can.</summary>
    public string? WhyNotAdded() => WhyNot(counted.Select(static entry => (entry.Key, entry.Value.Trades)));

    /// <summary>Why the equity cannot be known; null where it can.</summary>
    public string? WhyNoEquity() => WhyNotAdded() ?? WhyNot(moved.Select(static entry => (entry.Key, entry.Value)));

    /// <summary>The figures of each asset by itself.</summary>
    public IReadOnlyList<CurrencyFigures> Each() =>
    [
        .. counted.OrderBy(static entry => entry.Key, StringComparer.Ordinal)
            .Select(static entry => CurrencyFigures.Of(entry.Key, entry.Value.ToReport(PerformanceBasis.Nothing))),
    ];

    private static string? WhyNot(IEnumerable<(string Asset, long Trades)> amounts)
    {
        var units = amounts.GroupBy(static amount => SettleAsset.UnitOf(amount.Asset), static amount => amount.Trades).ToList();
        if (units.Count < 2)
        {
            return null;
        }

        var others = units.Where(static unit => unit.Key != SettleAsset.Reporting).Select(static unit => (unit.Key, Trades: unit.Sum()))
            .OrderBy(static unit => unit.Key, StringComparer.Ordinal).ToList();
        var named = others.Select(static unit =>
            string.Create(CultureInfo.InvariantCulture, $"{unit.Trades} {(unit.Trades == 1 ? "trade" : "trades")} in {unit.Key}"));
        return $"{string.Join(" and ", named)} {(others is [{ Trades: 1 }] ? "has" : "have")} no price in {SettleAsset.Reporting}";
    }
}

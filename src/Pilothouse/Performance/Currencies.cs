using System.Collections;
using System.Globalization;
using Pilothouse.Trades;

namespace Pilothouse.Performance;

/// <summary>Counts trades by asset.</summary>
internal sealed class AssetCounts : IEnumerable<KeyValuePair<string, long>>
{
    private readonly Dictionary<string, long> counts = new(StringComparer.Ordinal);

    /// <param name="asset">The asset; null counts as the reporting currency.</param>
    public void Add(string? asset, long trades = 1)
    {
        var name = asset ?? SettleAsset.Reporting;
        counts[name] = counts.GetValueOrDefault(name) + trades;
    }

    public AssetCounts Copy()
    {
        var copy = new AssetCounts();
        foreach (var (asset, count) in counts)
        {
            copy.Add(asset, count);
        }

        return copy;
    }

    /// <summary>Adds one, unless the asset is not named.</summary>
    public void AddNamed(string? asset)
    {
        if (asset is not null)
        {
            Add(asset);
        }
    }

    public IEnumerator<KeyValuePair<string, long>> GetEnumerator() => counts.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

/// <summary>
/// Handles trades in different currencies (docs/metrics.md). Amounts of different assets are never simply added. Dollar-like assets count
/// one to one. If there is any other asset beside them, figures in money are unknown for all trades together, and are given per asset
/// instead.
/// </summary>
internal sealed class Currencies(TimeZoneInfo zone)
{
    private readonly Dictionary<string, PerformanceFigures> counted = new(StringComparer.Ordinal);
    private readonly AssetCounts moved = new();
    private readonly AssetCounts flowed = new();

    /// <summary>The currency of all figures in money.</summary>
    public string Currency => counted.Count == 1 ? counted.Keys.First()
        : counted.Keys.Select(SettleAsset.UnitOf).Distinct().ToList() is [var unit] ? unit
        : SettleAsset.Reporting;

    /// <summary>Returns the currencies of new figures; null for the figures of a single currency.</summary>
    public static Currencies? For(EquityPlan plan, TimeZoneInfo zone)
    {
        if (plan.IsPart)
        {
            return null;
        }

        var currencies = new Currencies(zone);
        currencies.Move(plan.EarlierAssets);
        foreach (var (asset, flows) in plan.EarlierFlowAssets)
        {
            currencies.flowed.Add(asset, flows);
        }

        foreach (var flow in plan.Flows)
        {
            currencies.Flow(flow);
        }

        return currencies;
    }

    /// <summary>Adds a deposit or withdrawal that changes the equity. One without an asset is in the currency of its account.</summary>
    public void Flow(in EquityFlow flow) => flowed.AddNamed(flow.Asset);

    /// <summary>Adds a trade that counts, changes the equity, or both.</summary>
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

    /// <summary>Adds the assets of earlier trades that changed the equity.</summary>
    public void Move(AssetCounts assets)
    {
        foreach (var (asset, trades) in assets)
        {
            moved.Add(asset, trades);
        }
    }

    /// <summary>Returns why amounts cannot be added; null if they can.</summary>
    public string? WhyNotAdded() => WhyNot(counted.Select(static entry => (entry.Key, entry.Value.Trades, "trade")));

    /// <summary>Returns why the equity is unknown; null if it is known.</summary>
    public string? WhyNoEquity() => WhyNotAdded() ?? WhyNot(
        moved.Select(static entry => (entry.Key, entry.Value, "trade")).Concat(flowed.Select(static entry => (entry.Key, entry.Value, "cash flow"))));

    /// <summary>Returns the figures of each asset.</summary>
    public IReadOnlyList<CurrencyFigures> Each() =>
    [
        .. counted.OrderBy(static entry => entry.Key, StringComparer.Ordinal)
            .Select(static entry => CurrencyFigures.Of(entry.Key, entry.Value.ToReport(PerformanceBasis.Nothing))),
    ];

    private static string? WhyNot(IEnumerable<(string Asset, long Count, string What)> amounts)
    {
        var units = amounts.GroupBy(static amount => (Unit: SettleAsset.UnitOf(amount.Asset), amount.What))
            .Select(static unit => (unit.Key.Unit, unit.Key.What, Count: unit.Sum(static amount => amount.Count))).ToList();
        if (units.Select(static unit => unit.Unit).Distinct().Count() < 2)
        {
            return null;
        }

        var others = units.Where(static unit => unit.Unit != SettleAsset.Reporting)
            .OrderByDescending(static unit => unit.What, StringComparer.Ordinal).ThenBy(static unit => unit.Unit, StringComparer.Ordinal).ToList();
        var named = others.Select(static unit => string.Create(CultureInfo.InvariantCulture, $"{unit.Count} {unit.What}{(unit.Count == 1 ? "" : "s")} in {unit.Unit}"));
        return $"{string.Join(" and ", named)} {(others is [{ Count: 1 }] ? "has" : "have")} no price in {SettleAsset.Reporting}";
    }
}

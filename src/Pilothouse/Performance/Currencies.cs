using System.Collections;
using System.Globalization;
using System.Runtime.InteropServices;
using Pilothouse.Prices;
using Pilothouse.Trades;

namespace Pilothouse.Performance;

/// <summary>Counts trades by asset. An empty one stands for the reporting currency.</summary>
internal sealed class AssetCounts : IEnumerable<KeyValuePair<string, long>>
{
    private readonly Dictionary<string, long> counts = new(StringComparer.Ordinal);

    /// <param name="asset">The asset; null counts as the reporting currency.</param>
    public void Add(string? asset, long trades = 1) => CollectionsMarshal.GetValueRefOrAddDefault(counts, asset ?? "", out _) += trades;

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
/// one to one. If there is any other asset beside them, amounts are converted to the reporting currency; where one has no price, figures in
/// money are unknown for all trades together, and are given per asset only.
/// </summary>
internal sealed class Currencies(EquityPlan plan, TimeZoneInfo zone)
{
    private readonly MoneyUnits units = plan.Units;
    private readonly Dictionary<string, PerformanceFigures> counted = new(StringComparer.Ordinal);
    private readonly AssetCounts unpriced = new();

    /// <summary>
    /// The figures of all, and the only asset in which trades that count settled until now. Its own figures are theirs, so they are not
    /// counted twice before there is another asset.
    /// </summary>
    private (string Asset, PerformanceFigures All)? sole;
    private readonly AssetCounts moved = new();
    private readonly AssetCounts flowed = new();

    /// <summary>The currency of all figures in money.</summary>
    public string Currency => Assets.Take(2).ToList() is [var only] ? only
        : Assets.Select(units.UnitOf).Distinct().ToList() is [var unit] ? unit
        : units.Reporting;

    /// <summary>The figures of the only asset in which the trades that count settle; null if there are several, or none.</summary>
    public (string Asset, PerformanceFigures Figures)? OnlyOne =>
        sole is { } one ? (one.Asset, one.All.OfCounted(Part)) : counted.Count == 1 ? (counted.First().Key, counted.First().Value) : null;

    /// <summary>The assets in which trades that count settle.</summary>
    private IEnumerable<string> Assets => sole is { } one ? [one.Asset] : counted.Keys;

    private EquityPlan Part => EquityPlan.OneAccount(null) with { IsPart = true, Units = units };

    /// <summary>Whether amounts must be converted: those that count are of several units, or those that change the equity.</summary>
    public Converted Needed => plan.Converted != Converted.None ? plan.Converted
        : WhyNotAdded() is not null ? Converted.All : WhyNoEquity() is not null ? Converted.Equity : Converted.None;

    /// <summary>Whether amounts came together that must be converted, and are not.</summary>
    public bool MustConvert => plan.Converted == Converted.None && Needed != Converted.None;

    /// <summary>Whether figures could be known if more prices were.</summary>
    public bool LacksPrices => plan.Converted != Converted.None && WhyNoEquity() is not null;

    /// <summary>Whether amounts of these assets can be added without being converted, or are converted as those before them.</summary>
    public bool Takes(IEnumerable<string?> countedToo, IEnumerable<string?> movedToo)
    {
        var now = Assets.Concat(countedToo).Select(units.UnitOf).Distinct().Count();
        return plan.Converted switch
        {
            Converted.All => true,
            Converted.Equity => now < 2,
            _ => now < 2 && Assets.Concat(countedToo).Concat(moved.Concat(flowed).Select(static one => one.Key)).Concat(movedToo).Select(units.UnitOf).Distinct().Count() < 2,
        };
    }

    /// <summary>Returns the currencies of new figures; null for the figures of a single currency.</summary>
    public static Currencies? For(EquityPlan plan, TimeZoneInfo zone)
    {
        if (plan.IsPart)
        {
            return null;
        }

        var currencies = new Currencies(plan, zone);
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
    /// <param name="all">The figures of all trades, to which it is added afterwards.</param>
    public void Add(in ClosedTrade trade, TradePart part, PerformanceFigures all)
    {
        var asset = units.Of(trade.Asset);
        var lacksPrice = plan.Converted != Converted.None && !trade.IsPriced;
        if (part.Has(TradePart.MovesEquity) && (plan.Converted == Converted.None || lacksPrice))
        {
            moved.Add(asset);
        }

        if (!part.Has(TradePart.Counts))
        {
            return;
        }

        Count(trade, asset, all);
        if (plan.Converted == Converted.All && lacksPrice)
        {
            unpriced.Add(asset);
        }
    }

    private void Count(in ClosedTrade trade, string asset, PerformanceFigures all)
    {
        // Amounts that are converted are others than those of the asset.
        if (sole is null && counted.Count == 0 && plan.Converted != Converted.All)
        {
            sole = (asset, all);
        }

        if (sole is { } one)
        {
            if (one.Asset == asset)
            {
                return;
            }

            counted[one.Asset] = one.All.OfCounted(Part);
            sole = null;
        }

        if (!counted.TryGetValue(asset, out var figures))
        {
            counted[asset] = figures = new(Part, zone);
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
    public string? WhyNotAdded() => plan.Converted switch
    {
        Converted.None when sole is null => WhyNot(counted.Select(static entry => (entry.Key, entry.Value.Trades, "trade"))),
        Converted.All => WhyNot(unpriced.Select(static entry => (entry.Key, entry.Value, "trade"))),
        _ => null,
    };

    /// <summary>Returns why the equity is unknown; null if it is known.</summary>
    public string? WhyNoEquity() => WhyNotAdded() ?? WhyNot(
        moved.Select(static entry => (entry.Key, entry.Value, "trade")).Concat(flowed.Select(static entry => (entry.Key, entry.Value, "cash flow")))
            .Concat(plan.UnpricedBalances.Select(static entry => (entry.Key, entry.Value, "balance"))));

    /// <summary>Returns the figures of each asset.</summary>
    public IReadOnlyList<CurrencyFigures> Each() =>
        OnlyOne is { } only ? [Of(only.Asset, only.Figures)]
        : [.. counted.OrderBy(static entry => entry.Key, StringComparer.Ordinal).Select(static entry => Of(entry.Key, entry.Value))];

    private static CurrencyFigures Of(string asset, PerformanceFigures figures) => CurrencyFigures.Of(asset, figures.ToReport(PerformanceBasis.Nothing));

    /// <summary>Returns why these amounts cannot be added. With a conversion they are those that have no price.</summary>
    private string? WhyNot(IEnumerable<(string Asset, long Count, string What)> amounts)
    {
        var summed = amounts.GroupBy(amount => (Unit: units.UnitOf(amount.Asset), amount.What))
            .Select(static unit => (unit.Key.Unit, unit.Key.What, Count: unit.Sum(static amount => amount.Count))).ToList();
        if (summed.Count == 0 || (plan.Converted == Converted.None && summed.Select(static unit => unit.Unit).Distinct().Count() < 2))
        {
            return null;
        }

        var missing = new MissingPrices();
        foreach (var unit in summed.Where(unit => unit.Unit != units.UnitOf(null)))
        {
            missing.Add(unit.Unit, unit.What, unit.Count);
        }

        return missing.Sentence(units.Reporting);
    }
}

using System.Globalization;

namespace Pilothouse.Prices;

/// <summary>
/// Counts amounts that have no price in the reporting currency, by their unit and by what they are, and names them (docs/metrics.md, "Which
/// money"): an amount without a price is never counted as 0.
/// </summary>
internal sealed class MissingPrices
{
    private readonly Dictionary<(string Unit, string What), long> counts = [];

    public bool Any => counts.Count > 0;

    /// <param name="unit">The asset, or the one that stands for all that count as much.</param>
    /// <param name="what">What the amount is: trade, cash flow, balance or cost.</param>
    /// <param name="count">How many there are.</param>
    public void Add(string unit, string what, long count = 1)
    {
        if (count > 0)
        {
            counts[(unit, what)] = counts.GetValueOrDefault((unit, what)) + count;
        }
    }

    public void Add(MissingPrices others)
    {
        foreach (var ((unit, what), count) in others.counts)
        {
            Add(unit, what, count);
        }
    }

    /// <summary>Returns the sentence that names them, such as "2 trades in BTC have no price in USD".</summary>
    /// <param name="reporting">The reporting currency.</param>
    public string Sentence(string reporting)
    {
        var ordered = counts.OrderByDescending(static one => one.Key.What, StringComparer.Ordinal).ThenBy(static one => one.Key.Unit, StringComparer.Ordinal);
        var named = ordered.Select(static one => string.Create(CultureInfo.InvariantCulture, $"{one.Value} {one.Key.What}{(one.Value == 1 ? "" : "s")} in {one.Key.Unit}"));
        return $"{string.Join(" and ", named)} {(counts is { Count: 1 } && counts.ContainsValue(1) ? "has" : "have")} no price in {reporting}";
    }
}

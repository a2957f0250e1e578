using System.Globalization;
using Pilothouse.Contract;
using Pilothouse.Storage;

namespace Pilothouse.Costs;

/// <summary>Makes a summary from the kept sums. docs/metrics.md defines each figure.</summary>
/// <param name="question">What is asked.</param>
/// <param name="now">The time.</param>
internal sealed class CostSummaryMaker(CostSummaryQuestion question, DateTimeOffset now)
{
    private const int Digits = 15;

    private readonly SortedDictionary<DateOnly, List<(CostKey Key, CostSums Sums)>> days = [];
    private readonly Dictionary<CostKey, CostSums> keys = [];
    private readonly Dictionary<(string Api, string Operation, string? Model), CostSums> misses = [];

    public CostSummary Make(CostCube cube)
    {
        foreach (var day in cube.Days.Where(day => day >= question.From && day <= question.To))
        {
            foreach (var (key, sums) in cube[day].Where(sum => question.Has(sum.Key)))
            {
                CostSums.Of(keys, key).Add(sums);
                CostSums.Of(misses, Purpose(key)).Add(sums);
                if (days.TryGetValue(day, out var ofDay))
                {
                    ofDay.Add((key, sums));
                }
                else
                {
                    days[day] = [(key, sums)];
                }
            }
        }

        var undefined = new Dictionary<string, string>();
        var all = Figures(keys.Select(static one => (one.Key, one.Value)));
        var month = MonthOf(cube);
        if (month.Projection is null)
        {
            undefined["month.projection"] = month.Spent is null ? "the sum does not fit a number of 28 digits" : "needs the third day of the month";
        }

        if (all.SavedByCache is null)
        {
            undefined["saved_by_cache"] = "no miss with a known cost tells what a hit of the same API, purpose and model saved";
        }

        return new(
            Text(question.From), Text(question.To), "USD", all, month, ByDay(), By("api", static key => key.Api), By("operation", static key => key.Operation),
            By("model", static key => key.Model), By("bot", static key => key.Bot), By("agent", static key => key.Agent),
            [.. keys.Where(static one => one.Value.UnpricedUses > 0).Select(static one => one.Key.Model ?? "").Distinct().Where(static model => model.Length > 0).Order(StringComparer.Ordinal)],
            undefined);
    }

    private static string Text(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static (string Api, string Operation, string? Model) Purpose(CostKey key) => (key.Api, key.Operation, key.Model);

    /// <summary>The latest days, in the order of time.</summary>
    private List<CostPart>? ByDay() => question.By is null or "day"
        ? [.. days.TakeLast(question.Limit).Select(day => new CostPart(Text(day.Key), Figures(day.Value)))]
        : null;

    /// <summary>The parts of a split, the dearest first.</summary>
    private List<CostPart>? By(string split, Func<CostKey, string?> name) => question.By is { } only && only != split ? null
        : [.. keys.GroupBy(one => name(one.Key)).Select(part => new CostPart(part.Key, Figures(part.Select(static one => (one.Key, one.Value)))))
            .OrderByDescending(static part => part.Cost).ThenByDescending(static part => part.UnpricedTokens).ThenBy(static part => part.Name, StringComparer.Ordinal)
            .Take(question.Limit)];

    private CostFigures Figures(IEnumerable<(CostKey Key, CostSums Sums)> parts)
    {
        var sum = new CostSums();
        var (saved, isKnown, unknownHits) = (0m, false, 0L);
        foreach (var (key, sums) in parts)
        {
            sum.Add(sums);
            if (sums.Hits <= 0)
            {
                continue;
            }

            if (misses[Purpose(key)] is { PricedMisses: > 0, CostOfMisses.Value: { } cost } priced && Saved(sums.Hits, cost, priced.PricedMisses) is { } part)
            {
                (saved, isKnown) = (saved + part, true);
            }
            else
            {
                unknownHits = WholeSum.Plus(unknownHits, sums.Hits);
            }
        }

        var lookups = (double)sum.Hits + sum.Misses;
        return new(
            sum.Uses, sum.Calls, sum.Cost.Value, sum.Input, sum.Output, sum.Cached, sum.Hits, sum.Misses, lookups > 0 ? 100.0 * sum.Hits / lookups : null,
            isKnown || unknownHits == 0 ? Exact.ToDigits(saved, Digits) : null, unknownHits, sum.UnpricedUses, sum.UnpricedTokens);
    }

    private static decimal? Saved(long hits, decimal cost, long misses)
    {
        try
        {
            return cost / misses * hits;
        }
        catch (OverflowException)
        {
            return null;
        }
    }

    private CostMonth MonthOf(CostCube cube)
    {
        var begins = MonthProjection.BeginOf(now);
        var first = DateOnly.FromDateTime(begins.UtcDateTime);
        var sum = new CostSums();
        foreach (var (_, sums) in cube.OfMonth(first).Where(one => question.Has(one.Key)))
        {
            sum.Add(sums);
        }

        return new(
            begins.ToString("yyyy-MM", CultureInfo.InvariantCulture), sum.Cost.Value, MonthProjection.ElapsedPart(now), MonthProjection.Of(sum.Cost.Value, now),
            sum.UnpricedUses);
    }
}

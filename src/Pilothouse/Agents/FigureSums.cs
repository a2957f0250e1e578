using Pilothouse.Contract;
using Pilothouse.Prices;
using Pilothouse.Storage;

namespace Pilothouse.Agents;

/// <summary>The sums of some decisions from which their figures are made.</summary>
internal sealed class FigureSums
{
    /// <summary>How many bands of confidence there are; each is a fifth.</summary>
    public const int Bands = 5;

    /// <summary>Rows of sums by what became of the decisions; null where nothing did so. The last of a row has the decisions without a confidence.</summary>
    private readonly BandSums[]?[] rows = new BandSums[]?[DecisionEntry.OutcomeKinds];

    private Int128 smallCosts;
    private MoneySum oddCosts;
    private bool hasCost;

    /// <summary>How long they took.</summary>
    public ExecutionTimes Times { get; } = new();

    /// <summary>When the first and the last of them was made, in ticks.</summary>
    public (long First, long Last) Span { get; private set; } = (long.MaxValue, long.MinValue);

    /// <summary>Counts a decision.</summary>
    /// <param name="bucket">That of its execution time; -1 if it has none.</param>
    public void Add(in DecisionEntry entry, int bucket)
    {
        var row = rows[entry.Outcomes] ??= new BandSums[Bands + 1];
        var confidence = entry.Confidence;
        if (double.IsNaN(confidence))
        {
            row[Bands].Count++;
        }
        else
        {
            ref var band = ref row[Math.Min((int)(confidence * Bands), Bands - 1)];
            band.Count++;
            band.Sum += confidence;
            band.Squares += confidence * confidence;
        }

        if (bucket >= 0)
        {
            Times.Add(entry.ExecutionMs, bucket);
        }

        Span = (Math.Min(Span.First, entry.Ticks), Math.Max(Span.Last, entry.Ticks));
    }

    /// <summary>Adds a cost as <see cref="SmallCost"/> numbers it.</summary>
    public void AddCost(long cost) => (smallCosts, hasCost) = (smallCosts + cost, true);

    /// <summary>Adds a cost that has no such number.</summary>
    public void AddCost(decimal amount) => (oddCosts, hasCost) = (oddCosts.Plus(amount), true);

    /// <summary>Adds the sums of other decisions.</summary>
    public void Add(FigureSums other)
    {
        for (var outcomes = 0; outcomes < rows.Length; outcomes++)
        {
            if (other.rows[outcomes] is not { } row)
            {
                continue;
            }

            var mine = rows[outcomes] ??= new BandSums[Bands + 1];
            for (var band = 0; band < row.Length; band++)
            {
                mine[band] = mine[band].Plus(row[band]);
            }
        }

        Times.Add(other.Times);
        smallCosts += other.smallCosts;
        oddCosts = oddCosts.Plus(other.oddCosts);
        hasCost |= other.hasCost;
        Span = (Math.Min(Span.First, other.Span.First), Math.Max(Span.Last, other.Span.Last));
    }

    /// <summary>Makes the figures.</summary>
    public DecisionFigures ToFigures()
    {
        var undefined = new Dictionary<string, string>();
        T? Known<T>(string field, T? value, string reason)
            where T : struct
        {
            if (value is null)
            {
                undefined[field] = reason;
            }

            return value;
        }

        BandSums all = default;
        foreach (var band in rows.OfType<BandSums[]>().SelectMany(static row => row.Take(Bands)))
        {
            all = all.Plus(band);
        }

        var decisions = rows.OfType<BandSums[]>().Sum(static row => row.Sum(static band => band.Count));
        var cost = SmallCost.ToAmount(smallCosts) is { } small ? oddCosts.Plus(small).Value : null;
        return new(
            decisions,
            Known("avg_confidence", all.Mean, "no decision has a confidence"),
            Known("avg_execution_time_ms", Times.Mean, "no decision has an execution time"),
            Known("p95_execution_time_ms", Times.Percentile(), "no decision has an execution time"),
            Known("cost", hasCost ? cost : null, hasCost ? "the sum is too large" : "no stored cost names one of the decisions (decision_id)"),
            [.. Horizon.All.Select((horizon, i) => ByHorizon(horizon, i, decisions))],
            undefined);
    }

    private HorizonFigures ByHorizon(TimeSpan horizon, int index, long decisions)
    {
        var (right, wrong) = (new BandSums[Bands + 1], new BandSums[Bands + 1]);
        long neither = 0;
        for (var outcomes = 0; outcomes < rows.Length; outcomes++)
        {
            var (outcome, row) = (DecisionEntry.OutcomeOf(outcomes, index), rows[outcomes]);
            for (var band = 0; row is not null && band < row.Length; band++)
            {
                neither += outcome == DecisionOutcome.Neither ? row[band].Count : 0;
                if (outcome is DecisionOutcome.Right or DecisionOutcome.Wrong)
                {
                    var to = outcome == DecisionOutcome.Right ? right : wrong;
                    to[band] = to[band].Plus(row[band]);
                }
            }
        }

        var (rights, wrongs) = (right.Sum(static band => band.Count), wrong.Sum(static band => band.Count));
        var judged = rights + wrongs;
        var interval = WilsonInterval.Of(rights, judged);
        var undefined = new Dictionary<string, string>();
        if (judged == 0)
        {
            undefined["accuracy_percent"] = undefined["accuracy_low"] = undefined["accuracy_high"] = "no decision was right or wrong by this horizon";
        }

        // Σ (c − 1)² over the right ones and Σ c² over the wrong ones, of those that have a confidence.
        var sure = right.Take(Bands).Aggregate(default(BandSums), static (sum, band) => sum.Plus(band));
        var unsure = wrong.Take(Bands).Aggregate(default(BandSums), static (sum, band) => sum.Plus(band));
        var rated = sure.Count + unsure.Count;
        double? brier = rated == 0 ? null : (sure.Squares - (2 * sure.Sum) + sure.Count + unsure.Squares) / rated;
        if (brier is null)
        {
            undefined["brier_score"] = "no decision with a confidence was right or wrong by this horizon";
        }

        return new(
            $"{horizon.TotalHours}h", rights, wrongs, neither, decisions - judged - neither, judged, judged == 0 ? null : 100.0 * rights / judged,
            interval?.Low * 100, interval?.High * 100, judged >= WilsonInterval.EnoughCases, brier, rated,
            [.. Enumerable.Range(0, Bands).Select(band => BandOf(band, right[band], wrong[band]))], undefined);
    }

    private static CalibrationBand BandOf(int band, BandSums right, BandSums wrong)
    {
        var both = right.Plus(wrong);
        return new(
            (double)band / Bands, (band + 1.0) / Bands, both.Count, right.Count, both.Count == 0 ? null : 100.0 * right.Count / both.Count, both.Mean);
    }

    /// <summary>The decisions of one outcome in one band.</summary>
    private struct BandSums
    {
        public long Count;
        public double Sum;
        public double Squares;

        public readonly double? Mean => Count == 0 ? null : Sum / Count;

        public readonly BandSums Plus(BandSums other) =>
            new() { Count = Count + other.Count, Sum = Sum + other.Sum, Squares = Squares + other.Squares };
    }
}

using Pilothouse.Contract;
using Pilothouse.Prices;

namespace Pilothouse.Scorecard;

/// <summary>A question for a scorecard. A null selects any.</summary>
/// <param name="By">By what signals are split: one of <see cref="ScoreMaker.Splits"/>.</param>
/// <param name="Pair">In capitals.</param>
internal sealed record ScoreQuestion(
    string By, DateTimeOffset? From = null, DateTimeOffset? To = null, string? Pair = null, string? Type = null, string? Strategy = null, string? Model = null,
    string? Bot = null)
{
    public bool Takes(Cell cell) =>
        (Pair is null || cell.Pair == Pair) && (Type is null || cell.Type == Type) && (Strategy is null || cell.Strategy == Strategy)
        && (Model is null || cell.Model == Model) && (Bot is null || cell.Bot == Bot);
}

/// <summary>Makes scorecards (docs/metrics.md, "Signals and what became of them").</summary>
internal sealed class ScoreMaker
{
    /// <summary>By what signals can be split.</summary>
    public static readonly Choices Splits = new("type", "strength", "strategy", "model", "bot", "pair");

    private const int MostGroups = 500;

    private const double Percent = 100;

    private static readonly (Func<HorizonScore, bool> IsMissing, string Field, string Reason)[] Missing =
    [
        (static score => score.HitRate is null, "hit_rate", "needs a signal that could be judged"),
        (static score => score.Low is null, "low", "needs a signal that could be judged"),
        (static score => score.High is null, "high", "needs a signal that could be judged"),
        (static score => score.BaseRate is null, "base_rate", "needs a signal that could be judged, and prices at full hours of its pair"),
        (static score => score.Edge is null, "edge", "needs a hit rate and a base rate"),
        (static score => score.BeatsBase is null, "beats_base", "needs 30 cases and a base rate"),
    ];

    private static readonly (Func<FollowedTrades, bool> IsMissing, string Field, string Reason)[] MissingOfTrades =
    [
        (static trades => trades.WinRate is null, "win_rate", "needs a closed trade that followed"),
        (static trades => trades.AvgReturn is null, "avg_return", "needs a closed trade that followed, with a profit in percent"),
        (static trades => trades.Sqn is null, "sqn", "needs two closed trades that followed, with different profits in percent"),
        (static trades => trades.ByCurrency.Any(static one => one.Pnl is null), "pnl", "the sum is too large to state exactly"),
    ];

    private readonly ScoreBook book;
    private readonly List<(Cell Cell, CellSums Sums)> chosen;
    private readonly Dictionary<string, (long First, long Last)> spans = new(StringComparer.Ordinal);

    private ScoreMaker(ScoreBook book, ScoreQuestion question)
    {
        this.book = book;
        var sums = book.Within(question.From, question.To);
        chosen = [.. book.Cells.Select((cell, i) => (cell, sums[i])).Where(one => one.Item2.Signals > 0 && question.Takes(one.cell))];
        foreach (var (cell, sum) in chosen.Where(static one => one.Sums.First <= one.Sums.Last))
        {
            var (first, last) = spans.GetValueOrDefault(cell.Pair, (long.MaxValue, long.MinValue));
            spans[cell.Pair] = (Math.Min(first, sum.First), Math.Max(last, sum.Last));
        }
    }

    /// <summary>Returns the scorecard.</summary>
    public static SignalScorecard Make(ScoreBook book, ScoreQuestion question, DateTimeOffset judgedAt)
    {
        var maker = new ScoreMaker(book, question);
        var groups = maker.chosen.GroupBy(one => KeyOf(one.Cell, question.By)).OrderByDescending(static group => group.Sum(static one => one.Sums.Signals))
            .ThenBy(static group => group.Key, StringComparer.Ordinal).ToList();
        if (question.By == "strength")
        {
            groups = [.. groups.OrderBy(static group => group.Key is null ? int.MaxValue : Array.IndexOf(Cell.Bands, group.Key))];
        }

        List<SignalScore> scores = [.. groups.Take(MostGroups).Select(group => maker.Score(group.Key, group))];
        var others = groups.Count > MostGroups ? maker.Score(null, groups.Skip(MostGroups).SelectMany(static group => group)) : null;
        var total = maker.Score(null, maker.chosen);
        return new(question.By, scores, others, total, WhyNull([.. scores, total]), new(question.From, question.To, judgedAt, 95));
    }

    private static string? KeyOf(Cell cell, string by) => by switch
    {
        "strength" => cell.Strength,
        "strategy" => cell.Strategy,
        "model" => cell.Model,
        "bot" => cell.Bot,
        "pair" => cell.Pair,
        _ => cell.Type,
    };

    private static Dictionary<string, string> WhyNull(List<SignalScore> scores)
    {
        var reasons = new Dictionary<string, string>();
        foreach (var (_, field, reason) in Missing.Where(one => scores.Exists(score => score.Horizons.Any(one.IsMissing))))
        {
            reasons[field] = reason;
        }

        foreach (var (_, field, reason) in MissingOfTrades.Where(one => scores.Exists(score => one.IsMissing(score.Trades))))
        {
            reasons[field] = reason;
        }

        return reasons;
    }

    private SignalScore Score(string? key, IEnumerable<(Cell Cell, CellSums Sums)> cells)
    {
        var signals = 0L;
        var trades = new TradeSums();
        var byWay = new Dictionary<(string Pair, int Direction), long[]>();
        foreach (var (cell, sums) in cells)
        {
            signals += sums.Signals;
            trades.Add(sums.Trades);
            if (cell.Direction != 0)
            {
                if (!byWay.TryGetValue((cell.Pair, cell.Direction), out var outcomes))
                {
                    byWay[(cell.Pair, cell.Direction)] = outcomes = new long[SignalOutcome.Kinds + 1];
                }

                for (var i = 0; i < SignalOutcome.Kinds; i++)
                {
                    outcomes[i] += sums.Outcomes[i];
                }

                outcomes[SignalOutcome.Kinds] += sums.Signals;
            }
        }

        return new(key, signals, [.. Horizon.All.Select((horizon, h) => ScoreAt(h, (int)horizon.TotalHours, byWay))], Followed(trades));
    }

    private HorizonScore ScoreAt(int horizon, int hours, Dictionary<(string Pair, int Direction), long[]> byWay)
    {
        var (n, right, unchanged, all, baseHits, isBaseKnown) = (0L, 0L, 0L, 0L, 0.0, true);
        var pairs = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var ((pair, direction), outcomes) in byWay)
        {
            var counts = new long[4];
            for (var i = 0; i < SignalOutcome.Kinds; i++)
            {
                counts[SignalOutcome.At(i, horizon)] += outcomes[i];
            }

            var judged = counts[SignalOutcome.Rose] + counts[SignalOutcome.Fell] + counts[SignalOutcome.Unchanged];
            all += outcomes[SignalOutcome.Kinds];
            if (judged == 0)
            {
                continue;
            }

            n += judged;
            right += counts[direction > 0 ? SignalOutcome.Rose : SignalOutcome.Fell];
            unchanged += counts[SignalOutcome.Unchanged];
            var (rose, fell, seen) = book.Pairs[pair].Base(spans[pair].First, spans[pair].Last, horizon);
            pairs[pair] = seen;
            isBaseKnown &= seen > 0;
            baseHits += seen > 0 ? (double)judged * (direction > 0 ? rose : fell) / seen : 0;
        }

        double? hitRate = n > 0 ? Percent * right / n : null;
        double? baseRate = n > 0 && isBaseKnown ? Percent * baseHits / n : null;
        var interval = WilsonInterval.Of(right, n);
        var isEnough = n >= WilsonInterval.EnoughCases;
        return new(
            hours, n, right, unchanged, all - n, hitRate, Percent * interval?.Low, Percent * interval?.High, baseRate, pairs.Values.Sum(), hitRate - baseRate,
            isEnough && baseRate is { } chance ? Percent * interval!.Value.Low > chance : null, isEnough);
    }

    private static FollowedTrades Followed(TradeSums trades)
    {
        var deviation = trades.Returns > 1 ? Math.Sqrt(trades.Squares / (trades.Returns - 1)) : 0;

        // A deviation under 10⁻¹³ of the mean is rounding, and counts as 0.
        double? sqn = deviation > 1e-13 * Math.Abs(trades.Mean) ? Math.Sqrt(trades.Returns) * trades.Mean / deviation : null;
        return new(
            trades.Count, trades.Won, trades.Lost, trades.Count - trades.Won - trades.Lost, trades.Count > 0 ? Percent * trades.Won / trades.Count : null,
            trades.Returns, trades.Returns > 0 ? trades.Mean : null, sqn, [.. trades.ByAsset.Select(static one => new CurrencyResult(one.Key, one.Value.Count, one.Value.Pnl.Value))]);
    }
}

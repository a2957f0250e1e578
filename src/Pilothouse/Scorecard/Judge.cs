using Pilothouse.Prices;
using Pilothouse.Storage;

namespace Pilothouse.Scorecard;

/// <summary>Finds out what became of signals, by the prices that are stored (docs/metrics.md, "Signals and what became of them").</summary>
internal static class Judge
{
    /// <summary>Judges every signal and every hour of a pair.</summary>
    /// <param name="look">What is stored of the pair's prices; null for none.</param>
    /// <param name="now">What is due later is not known yet.</param>
    public static ValueTask AllAsync(Session session, ScoreBook book, PairBook pair, PairLook? look, DateTimeOffset now)
    {
        pair.Arrange(now);
        return PlacesAsync(session, book, pair, look, [.. Enumerable.Range(0, pair.Count)], [.. Enumerable.Range(0, pair.Hours)], now);
    }

    /// <summary>Judges the signals and hours of a pair whose judgement may have changed.</summary>
    public static ValueTask StaleAsync(Session session, ScoreBook book, PairBook pair, PairLook? look, StaleSpans spans, DateTimeOffset now)
    {
        var fresh = pair.Arrange(now).ToList();
        return PlacesAsync(session, book, pair, look, pair.SignalsIn(spans.Signals), [.. pair.HoursIn(spans.Hours).Concat(fresh).Distinct().Order()], now);
    }

    private static async ValueTask PlacesAsync(
        Session session, ScoreBook book, PairBook pair, PairLook? look, List<int> signals, List<int> hours, DateTimeOffset now)
    {
        signals.RemoveAll(place => !book.IsJudged(pair[place]));
        if (look is null)
        {
            signals.ForEach(place => book.Judge(pair[place], SignalOutcome.Unknown));
            hours.ForEach(place => pair.JudgeHour(place, SignalOutcome.Unknown));
            return;
        }

        await PriceMoves.EachSpanAsync(session, pair.Name, look, signals.Count, i => pair.TimeAt(signals[i]), now, (history, i) =>
        {
            var signal = pair[signals[i]];
            var (at, price) = (book.TimeOf(signal), book.PriceOf(signal));
            var outcome = 0;
            for (var h = 0; h < Horizon.All.Length; h++)
            {
                var horizon = Horizon.All[h];
                outcome |= SignalOutcome.Of(h, now - at < horizon ? null : history.At(at + horizon, Horizon.Within(horizon))?.CompareTo(price));
            }

            book.Judge(signal, (byte)outcome);
        }, pair.PricesOf);
        await PriceMoves.EachSpanAsync(session, pair.Name, look, hours.Count, i => pair.HourAt(hours[i]), now, (history, i) =>
        {
            var outcome = 0;
            for (var h = 0; h < Horizon.All.Length; h++)
            {
                outcome |= SignalOutcome.Of(h, PriceMoves.MoveOf(history, pair.HourAt(hours[i]), Horizon.All[h], now).Direction);
            }

            pair.JudgeHour(hours[i], (byte)outcome);
        }, pair.PricesOf);
    }
}

/// <summary>The times of signals and hours that must be judged again, of one pair; in ticks, both ends inclusive.</summary>
internal sealed class StaleSpans
{
    public List<(long From, long To)> Signals { get; } = [];

    public List<(long From, long To)> Hours { get; } = [];

    /// <summary>A price became known, or changed, between two times.</summary>
    public void AddPrice(DateTimeOffset from, DateTimeOffset to)
    {
        foreach (var horizon in Horizon.All)
        {
            var within = Horizon.Within(horizon).Ticks;
            var span = (from.UtcTicks - within - horizon.Ticks, to.UtcTicks + within - horizon.Ticks);
            Signals.Add(span);
            Hours.Add(span);
        }

        var reach = Horizon.Within(Horizon.All[^1]).Ticks;
        Hours.Add((from.UtcTicks - reach, to.UtcTicks + reach));
    }

    /// <summary>Time went on.</summary>
    public void AddDue(DateTimeOffset from, DateTimeOffset to)
    {
        foreach (var horizon in Horizon.All)
        {
            var span = (from.UtcTicks - horizon.Ticks, to.UtcTicks - horizon.Ticks);
            Signals.Add(span);
            Hours.Add(span);
        }
    }
}

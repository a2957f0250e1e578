using Pilothouse.Contract;
using Pilothouse.Storage;

namespace Pilothouse.Prices;

/// <summary>
/// Finds how the prices of pairs moved from given moments to each <see cref="Horizon"/>, for one moment as for a million: the moments of a
/// pair are sorted and merged with its stored prices, of which no more than those of <see cref="LongestSpan"/> are in memory at a time.
/// </summary>
internal static class PriceMoves
{
    private static readonly TimeSpan LongestSpan = TimeSpan.FromDays(30);

    /// <summary>Prices in a gap that is longer than this are not read.</summary>
    private static readonly TimeSpan LongestGap = Horizon.Reach * 2;

    /// <summary>Returns the moves of one pair from one moment.</summary>
    /// <param name="now">What is later is not known yet.</param>
    /// <returns>The moves in the order of <see cref="Horizon.All"/>.</returns>
    public static async ValueTask<PriceMove[]> FindAsync(Session session, string pair, DateTimeOffset at, DateTimeOffset now) =>
        await FindAsync(session, [(pair, at)], now);

    /// <summary>Returns the moves of pairs from moments.</summary>
    /// <param name="moments">Pairs in any case, and times, in any order.</param>
    /// <param name="now">What is later is not known yet.</param>
    /// <returns>The moves of each moment, one after the other: that of moment m to horizon h is at m × 3 + h.</returns>
    public static async ValueTask<PriceMove[]> FindAsync(Session session, IReadOnlyList<(string Pair, DateTimeOffset At)> moments, DateTimeOffset now)
    {
        var horizons = Horizon.All;
        var moves = new PriceMove[moments.Count * horizons.Length];
        var byPair = Enumerable.Range(0, moments.Count).GroupBy(i => TradingPair.Upper(moments[i].Pair), StringComparer.Ordinal).ToList();
        var looks = await PriceStore.LookAsync(session, [.. byPair.Select(static pair => pair.Key)], now);
        foreach (var pair in byPair.Where(pair => looks.ContainsKey(pair.Key)))
        {
            var sorted = pair.ToArray();
            Array.Sort(Array.ConvertAll(sorted, i => moments[i].At.UtcTicks), sorted);
            await EachSpanAsync(session, pair.Key, looks[pair.Key], sorted.Length, i => moments[sorted[i]].At, now, (history, i) =>
            {
                for (var h = 0; h < horizons.Length; h++)
                {
                    moves[(sorted[i] * horizons.Length) + h] = MoveOf(history, moments[sorted[i]].At, horizons[h], now);
                }
            });
        }

        return moves;
    }

    /// <summary>Returns the move of a pair from a time that lies in the span of a history.</summary>
    public static PriceMove MoveOf(PairHistory history, DateTimeOffset at, TimeSpan horizon, DateTimeOffset now) => new(
        history.At(at, Horizon.Within(horizon)), now - at >= horizon ? history.At(at + horizon, Horizon.Within(horizon)) : null);

    /// <summary>Passes each of many moments of one pair to <paramref name="ask"/>, with the prices around it.</summary>
    /// <param name="pair">The pair in capitals.</param>
    /// <param name="look">What is stored of it.</param>
    /// <param name="count">How many moments there are.</param>
    /// <param name="timeOf">The time of a moment; the times must not fall.</param>
    /// <param name="ask">Asks for the prices of a moment. It may be called several times, so it must have no effect except to set answers.</param>
    /// <param name="signals">Returns the prices of the pair's signals from one time to another, inclusive; null to read them.</param>
    public static async ValueTask EachSpanAsync(
        Session session, string pair, PairLook look, int count, Func<int, DateTimeOffset> timeOf, DateTimeOffset now, Action<PairHistory, int> ask,
        Func<DateTimeOffset, DateTimeOffset, PriceLine>? signals = null)
    {
        for (var first = 0; first < count;)
        {
            var begin = timeOf(first);
            var end = first + 1;
            while (end < count && timeOf(end) - timeOf(end - 1) <= LongestGap && timeOf(end) - begin <= LongestSpan)
            {
                end++;
            }

            var (from, to) = (first, end);
            var last = timeOf(end - 1);
            last = now - last > Horizon.Reach ? last + Horizon.Reach : now;
            await PairHistory.AskAsync(session, pair, look, PairHistory.Before(begin, Horizon.Within(Horizon.All[^1])), last, history =>
            {
                for (var i = from; i < to; i++)
                {
                    ask(history, i);
                }
            }, signals);
            first = end;
        }
    }
}

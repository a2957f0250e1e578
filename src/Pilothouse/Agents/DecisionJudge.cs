using Pilothouse.Prices;
using Pilothouse.Storage;

namespace Pilothouse.Agents;

/// <summary>Judges decisions by how the prices of their pairs moved (<see cref="PriceMoves"/>).</summary>
internal static class DecisionJudge
{
    /// <summary>Sets what prices say of these decisions by now.</summary>
    /// <param name="indexes">The decisions; those that no price decides are left as they are.</param>
    /// <returns>Whether prices say anything else than before.</returns>
    public static async ValueTask<bool> JudgeAsync(Session session, DecisionBook book, IReadOnlyCollection<int> indexes, DateTimeOffset now)
    {
        byte[] before = [.. indexes.Select(index => book[index].Outcomes)];
        var byPair = new Dictionary<int, List<int>>();
        foreach (var index in indexes)
        {
            if (book[index] is { IsJudgedByPrice: true, Pair: var pair })
            {
                book[index].SetAll(DecisionOutcome.Unknown);
                if (!byPair.TryGetValue(pair, out var list))
                {
                    byPair[pair] = list = [];
                }

                list.Add(index);
            }
        }

        // Pairs that differ in their case are one.
        var pairs = byPair.GroupBy(one => Contract.TradingPair.Upper(book.Pairs[one.Key]!), static one => one.Value, StringComparer.Ordinal).ToList();
        if (pairs.Count == 0)
        {
            return false;
        }

        var looks = await PriceStore.LookAsync(session, [.. pairs.Select(static pair => pair.Key)], now);
        foreach (var pair in pairs)
        {
            if (looks.TryGetValue(pair.Key, out var look))
            {
                var sorted = Sorted(book, [.. pair.SelectMany(static list => list)]);
                await PriceMoves.EachSpanAsync(
                    session, pair.Key, look, sorted.Length, i => TimeOf(book, sorted[i]), now, (history, i) => Judge(ref book[sorted[i]], history, now));
            }
        }

        return indexes.Select((index, i) => book[index].Outcomes != before[i]).Any(static isOther => isOther);
    }

    private static int[] Sorted(DecisionBook book, int[] indexes)
    {
        long[] times = Array.ConvertAll(indexes, index => book[index].Ticks);
        for (var i = 1; i < times.Length; i++)
        {
            if (times[i - 1] > times[i])
            {
                Array.Sort(times, indexes);
                break;
            }
        }

        return indexes;
    }

    private static DateTimeOffset TimeOf(DecisionBook book, int index) => new(book[index].Ticks, TimeSpan.Zero);

    private static void Judge(ref DecisionEntry entry, PairHistory history, DateTimeOffset now)
    {
        var at = new DateTimeOffset(entry.Ticks, TimeSpan.Zero);
        for (var h = 0; h < Horizon.All.Length; h++)
        {
            var direction = PriceMoves.MoveOf(history, at, Horizon.All[h], now).Direction;
            entry.Set(h, direction is not { } moved ? DecisionOutcome.Unknown
                : moved == 0 ? DecisionOutcome.Neither
                : moved == entry.Way ? DecisionOutcome.Right : DecisionOutcome.Wrong);
        }
    }
}

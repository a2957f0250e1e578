using System.Collections.Concurrent;
using Pilothouse.Prices;
using Pilothouse.Storage;
using Pilothouse.Trades;

namespace Pilothouse.Scorecard;

/// <summary>
/// Fills a book with all signals, the trades that followed them, and what became of them: first everything is read, then everything is
/// judged, each on two threads, because a small machine has two cores.
/// </summary>
internal static class ScoreFiller
{
    private const int Threads = 2;

    /// <summary>The ids are split in so many ranges, because one thread may be slower than the other, and ids may have gaps.</summary>
    private const int Ranges = 8;

    private const int SignalsAtOnce = 20_000;
    private const int TradesAtOnce = 20_000;

    /// <param name="made">An empty book.</param>
    /// <param name="now">What is due later is not known yet.</param>
    public static async Task FillAsync(Database database, ScoreBook made, DateTimeOffset now)
    {
        var parts = new SignalColumns[Ranges];
        var trades = new List<FollowingTrade>();
        if (await database.ReadAsync(ScoreReader.EndsAsync) is not var (first, last))
        {
            return;
        }

        await InParallelAsync(Enumerable.Range(-1, Ranges + 1), async range =>
        {
            if (range < 0)
            {
                await ReadTradesAsync(database, trades);
            }
            else
            {
                parts[range] = await ReadSignalsAsync(database, EndOf(first, last, range) + (range > 0 ? 1 : 0), EndOf(first, last, range + 1));
            }
        });
        made.AddAll(parts);
        trades.ForEach(made.Follow);
        var looks = await database.ReadAsync(session => PriceStore.LookAsync(session, [.. made.Pairs.Keys], now));

        // No two pairs share a signal, a cell or an hour. The largest go first, so that no thread is left with one at the end.
        await InParallelAsync(made.Pairs.Values.OrderByDescending(static pair => pair.Count), async pair => await database.ReadAsync(async session =>
        {
            await Judge.AllAsync(session, made, pair, looks.GetValueOrDefault(pair.Name), now);
            return true;
        }));
    }

    /// <summary>Returns the end of so many ranges of ids.</summary>
    private static long EndOf(long first, long last, int ranges) => first + (long)((UInt128)(ulong)(last - first) * (ulong)ranges / Ranges);

    private static async Task<SignalColumns> ReadSignalsAsync(Database database, long from, long to)
    {
        var part = new SignalColumns();
        for (var count = SignalsAtOnce; count == SignalsAtOnce && from <= to;)
        {
            var (start, before) = (from, part.Count);
            (count, from) = await database.ReadAsync(async session =>
            {
                // A read may be run again from its beginning.
                part.Keep(before);
                var read = await ScoreReader.EachAsync(session, start, to, SignalsAtOnce, mark => part.Add(mark));
                return (read, read > 0 && part.Ids[^1] < long.MaxValue ? part.Ids[^1] + 1 : start);
            });
        }

        return part;
    }

    private static async Task ReadTradesAsync(Database database, List<FollowingTrade> trades)
    {
        for (var count = TradesAtOnce; count == TradesAtOnce;)
        {
            var after = trades.Count > 0 ? trades[^1].Id : 0;
            var part = await database.ReadAsync(session => FollowingTrades.PartAsync(session, after, TradesAtOnce));
            trades.AddRange(part);
            count = part.Count;
        }
    }

    /// <summary>Does jobs on threads of their own, because requests need those of the pool.</summary>
    private static async Task InParallelAsync<T>(IEnumerable<T> jobs, Func<T, Task> run)
    {
        var queue = new ConcurrentQueue<T>(jobs);
        await Task.WhenAll(Enumerable.Range(0, Threads).Select(_ => PatientThread.Run(() =>
        {
            while (queue.TryDequeue(out var job))
            {
                run(job).GetAwaiter().GetResult();
            }

            return true;
        })));
    }
}

using Pilothouse.Candles;
using Pilothouse.Contract;
using Pilothouse.Prices;
using Pilothouse.Storage;

namespace Pilothouse.Agents;

/// <summary>The times at which prices came, or changed, between two positions of the log of changes, by pair.</summary>
internal sealed class PriceSpans
{
    /// <summary>Spans with less between them are one.</summary>
    private static readonly long Joined = Horizon.Reach.Ticks;

    private static readonly Sql OfCandles = new($"""
        SELECT candles.trading_pair, candles.timeframe, time_of(candles.open_time), candles.known_at FROM changes CROSS JOIN candles
        WHERE {ChangeLog.Between} 'candles' AND candles.id = changes.row_id
        """);

    private static readonly Sql OfSignals = new(
        $"SELECT signals.trading_pair, time_of(signals.timestamp) FROM changes CROSS JOIN signals WHERE {ChangeLog.Between} 'signals' AND signals.id = changes.row_id");

    private static readonly Sql OfMarket = new(
        $"SELECT time_of(market_context.timestamp) FROM changes CROSS JOIN market_context WHERE {ChangeLog.Between} 'market_context' AND market_context.id = changes.row_id");

    private readonly Dictionary<string, List<(long From, long To)>> byPair = new(StringComparer.Ordinal);
    private readonly List<(long From, long To)> ofMarket = [];

    /// <summary>The latest time of any of them.</summary>
    public long Latest { get; private set; } = long.MinValue;

    /// <summary>Reads what the log says behind one position, up to another.</summary>
    public static async ValueTask<PriceSpans> ReadAsync(Session session, long position, long last)
    {
        var spans = new PriceSpans();
        await session.Prepare(OfCandles).Set("seq", position).Set("last", last).EachAsync(row =>
        {
            if (row.Text(0) is { } pair && row.Time(2) is { } open)
            {
                // Before its end a candle is known with another close, and at another time, each time that it is stored.
                var end = open.UtcTicks + (row.Text(1) is { Length: > 0 } timeframe ? Timeframe.LongestOf(timeframe).Ticks : 0);
                var known = row.Time(3)?.UtcTicks ?? end;
                spans.Add(spans.Of(pair), Math.Min(open.UtcTicks, known), Math.Max(end, known));
            }
        });
        await session.Prepare(OfSignals).Set("seq", position).Set("last", last).EachAsync(row =>
        {
            if (row.Text(0) is { } pair && row.Time(1) is { } time)
            {
                spans.Add(spans.Of(pair), time.UtcTicks, time.UtcTicks);
            }
        });
        await session.Prepare(OfMarket).Set("seq", position).Set("last", last).EachAsync(row =>
        {
            if (row.Time(0) is { } time)
            {
                spans.Add(spans.ofMarket, time.UtcTicks, time.UtcTicks);
            }
        });
        return spans;
    }

    /// <summary>Passes the indexes of the decisions of a book that one of these prices may judge, some of them several times.</summary>
    public void EachDue(DecisionBook book, long now, Action<int> take)
    {
        for (var pair = 0; pair < book.Pairs.Count; pair++)
        {
            var name = TradingPair.Upper(book.Pairs[pair]!);
            var own = byPair.GetValueOrDefault(name) ?? [];
            foreach (var span in Join([.. own, .. ofMarket.Count > 0 && MarketAsset.Of(name) is not null ? ofMarket : []]))
            {
                var code = pair;
                book.EachNear(span.From - Horizon.Reach.Ticks, span.To + Horizon.Reach.Ticks, index =>
                {
                    if (book[index].Pair == code && IsDue(book[index], span, now))
                    {
                        take(index);
                    }
                });
            }
        }
    }

    private static bool IsDue(in DecisionEntry entry, (long From, long To) span, long now)
    {
        if (!entry.IsJudgedByPrice)
        {
            return false;
        }

        foreach (var horizon in Horizon.All)
        {
            var (begin, end, within) = (entry.Ticks, entry.Ticks + horizon.Ticks, Horizon.Within(horizon).Ticks);
            if (end <= now && (IsNear(begin, within) || IsNear(end, within)))
            {
                return true;
            }
        }

        return false;

        bool IsNear(long moment, long within) => moment + within >= span.From && moment - within <= span.To;
    }

    private List<(long From, long To)> Of(string pair)
    {
        var name = TradingPair.Upper(pair);
        return byPair.TryGetValue(name, out var spans) ? spans : byPair[name] = [];
    }

    private void Add(List<(long From, long To)> spans, long from, long to)
    {
        spans.Add((from, to));
        Latest = Math.Max(Latest, to);
    }

    private static List<(long From, long To)> Join(List<(long From, long To)> spans)
    {
        spans.Sort();
        var joined = new List<(long From, long To)>();
        foreach (var span in spans)
        {
            if (joined.Count > 0 && span.From - joined[^1].To < Joined)
            {
                joined[^1] = (joined[^1].From, Math.Max(joined[^1].To, span.To));
            }
            else
            {
                joined.Add(span);
            }
        }

        return joined;
    }
}

using Pilothouse.Contract;
using Pilothouse.Prices;
using Pilothouse.Storage;

namespace Pilothouse.Agents;

/// <content>What has changed since the book was brought up to date.</content>
internal sealed partial class AgentLedger
{
    private const int MostAtOnce = 10_000;

    /// <summary>So many changes of all tables are looked through; everything is read faster than more of them.</summary>
    private const long LongestWay = 200_000;

    /// <summary>New prices are looked for in another way; prices that were removed are not followed.</summary>
    private static readonly Sql Changes = new("""
        SELECT seq, table_name, row_id, kind, was_closed FROM changes WHERE seq > @seq
          AND (table_name IN ('agent_decisions', 'cost_analytics') OR (table_name IN ('trades', 'signals', 'spike_events') AND kind NOT IN ('recorded', 'opened'))
            OR (table_name IN ('candles', 'market_context') AND kind = 'removed'))
        ORDER BY seq LIMIT @limit
        """);

    private static readonly Sql OfTrade = new("SELECT id FROM agent_decisions WHERE trade_id = @id");

    private static readonly Sql OfSignal = new("SELECT id FROM agent_decisions WHERE signal_id = @id");

    private static readonly Sql OfSpike = new("SELECT id FROM agent_decisions WHERE spike_event_id = @id");

    private static readonly Sql OfCost = new("SELECT decision_id FROM cost_analytics WHERE id = @id");

    /// <summary>The pairs of new prices, and the first moment at which one of them was known.</summary>
    private static readonly Sql[] NewPrices =
    [
        new("SELECT upper(trading_pair), min(coalesce(known_at, time_key(open_time))) FROM candles WHERE id IN (SELECT row_id FROM changes WHERE seq > @seq AND table_name = 'candles') GROUP BY upper(trading_pair)"),
        new("SELECT upper(trading_pair), min(time_key(timestamp)) FROM signals WHERE id IN (SELECT row_id FROM changes WHERE seq > @seq AND table_name = 'signals' AND kind = 'recorded') GROUP BY upper(trading_pair)"),
        new("SELECT NULL, min(time_key(timestamp)) FROM market_context WHERE id IN (SELECT row_id FROM changes WHERE seq > @seq AND table_name = 'market_context')"),
    ];

    /// <summary>Returns the changes that the book must follow; null if everything is to be read again.</summary>
    private async ValueTask<List<Change>?> ChangesAsync(Session session, long newest)
    {
        if (newest - position > LongestWay || !await ChangeLog.ReachesAsync(session, position))
        {
            return null;
        }

        var changes = await session.Prepare(Changes).Set("seq", position).Set("limit", MostAtOnce + 1L).ListAsync(ChangeLog.Read);
        return changes.Count > MostAtOnce || changes.Exists(static change => change is { Table: "candles" or "market_context" or "signals", Kind: "removed" }) ? null : changes;
    }

    /// <summary>Reads what has changed, and judges it and what new prices or the passing of time decide.</summary>
    /// <returns>Whether any figure may be another.</returns>
    private async ValueTask<bool> FollowAsync(Session session, List<Change> changes, DateTimeOffset now)
    {
        var (decisions, costs, allCosts) = (new HashSet<long>(), new HashSet<long>(), false);
        foreach (var change in changes)
        {
            switch (change.Table)
            {
                case "agent_decisions":
                    decisions.Add(change.RowId);
                    break;
                case "cost_analytics" when change.Kind != "recorded":
                    allCosts = true;
                    break;
                case "cost_analytics":
                    if (await session.Prepare(OfCost).Set("id", change.RowId).FirstAsync(static row => row.Whole(0)) is { } decision)
                    {
                        costs.Add(decision);
                    }

                    break;
                default:
                    var link = change.Table switch { "trades" => OfTrade, "signals" => OfSignal, _ => OfSpike };
                    decisions.UnionWith(await session.Prepare(link).Set("id", change.RowId).ListAsync(static row => row.Id(0)));
                    break;
            }
        }

        var judged = new HashSet<int>();
        foreach (var id in decisions.Order())
        {
            judged.Add(await rows!.ReadAsync(session, id));
        }

        judged.Remove(-1);
        foreach (var id in allCosts ? [] : costs.Except(decisions))
        {
            if (book!.Find(id) is >= 0 and var index)
            {
                await rows!.ReadCostAsync(session, id, index);
            }
        }

        if (allCosts)
        {
            await rows!.ReadCostsAsync(session);
        }

        judged.UnionWith(await DueAsync(session, now));
        await DecisionJudge.JudgeAsync(session, book!, judged, now);
        return judged.Count > 0 || decisions.Count > 0 || costs.Count > 0 || allCosts;
    }

    /// <summary>Returns the decisions about which the passing of time, or a new price of their pair, may say something else than before.</summary>
    private async ValueTask<List<int>> DueAsync(Session session, DateTimeOffset now)
    {
        var (begins, market) = (new long[book!.Pairs.Count], long.MaxValue);
        Array.Fill(begins, long.MaxValue);
        foreach (var prices in NewPrices)
        {
            foreach (var (pair, known) in await session.Prepare(prices).Set("seq", position).ListAsync(static row => (Pair: row.Text(0), Known: row.Time(1))))
            {
                if (known is { } first && pair is null)
                {
                    market = first.UtcTicks;
                }
                else if (known is { } time)
                {
                    Note(begins, time.UtcTicks, stored => TradingPair.Upper(stored) == pair);
                }
            }
        }

        if (market < long.MaxValue)
        {
            Note(begins, market, static stored => MarketAsset.Of(TradingPair.Upper(stored)) is not null);
        }

        var due = new List<int>();
        var earliest = Math.Min(begins.DefaultIfEmpty(long.MaxValue).Min(), judgedAt.UtcTicks) - Horizon.Reach.Ticks;
        book.EachNear(earliest, long.MaxValue, index =>
        {
            if (IsDue(book[index], begins, now.UtcTicks))
            {
                due.Add(index);
            }
        });
        return due;
    }

    private void Note(long[] begins, long known, Func<string, bool> isMeant)
    {
        for (var pair = 0; pair < begins.Length; pair++)
        {
            begins[pair] = isMeant(book!.Pairs[pair]!) ? Math.Min(begins[pair], known) : begins[pair];
        }
    }

    private bool IsDue(in DecisionEntry entry, long[] begins, long now)
    {
        if (!entry.IsJudgedByPrice)
        {
            return false;
        }

        var known = begins[entry.Pair];
        for (var h = 0; h < Horizon.All.Length; h++)
        {
            var (end, within) = (entry.Ticks + Horizon.All[h].Ticks, Horizon.Within(Horizon.All[h]).Ticks);
            if (end > now)
            {
                break;
            }

            // The horizon has just ended; or a price came that may count at its end, or earlier.
            if (end > judgedAt.UtcTicks || end + within >= known)
            {
                return true;
            }
        }

        return false;
    }
}

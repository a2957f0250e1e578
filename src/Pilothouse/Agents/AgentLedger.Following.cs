using Pilothouse.Prices;
using Pilothouse.Storage;

namespace Pilothouse.Agents;

/// <content>What has changed since the book was brought up to date.</content>
internal sealed partial class AgentLedger
{
    /// <summary>So many changes are followed in one snapshot.</summary>
    private const int MostAtOnce = 10_000;

    /// <summary>Reading everything is faster than following more changes than this, of whichever table.</summary>
    private const long MostChanges = 200_000;

    private static readonly Sql End = new("SELECT seq FROM changes WHERE seq > @seq ORDER BY seq LIMIT 1 OFFSET @offset");

    /// <summary>
    /// Prices that were removed, or are of another pair or time now: nobody knows any more which decisions they judged. One that came in the
    /// same step had judged none.
    /// </summary>
    private static readonly Sql PricesGone = new("""
        SELECT 1 FROM changes WHERE kind IN ('moved', 'removed') AND seq > @seq AND seq <= @last AND table_name IN ('candles', 'market_context', 'signals')
          AND NOT EXISTS (SELECT 1 FROM changes AS born WHERE born.seq > @seq AND born.seq >= changes.seq - 9 AND born.seq < changes.seq
            AND born.table_name = changes.table_name AND born.row_id = changes.row_id AND born.kind = 'recorded')
        LIMIT 1
        """);

    /// <summary>
    /// Decisions that changed, and those whose trade, signal or spike did: also one that is new, because another program may store it after
    /// the decision.
    /// </summary>
    private static readonly Sql Changed = new($"""
        SELECT row_id FROM changes WHERE {ChangeLog.Between} 'agent_decisions'
        UNION SELECT agent_decisions.id FROM changes CROSS JOIN agent_decisions WHERE {ChangeLog.Between} 'trades' AND agent_decisions.trade_id = changes.row_id
        UNION SELECT agent_decisions.id FROM changes CROSS JOIN agent_decisions WHERE {ChangeLog.Between} 'signals' AND agent_decisions.signal_id = changes.row_id
        UNION SELECT agent_decisions.id FROM changes CROSS JOIN agent_decisions WHERE {ChangeLog.Between} 'spike_events' AND agent_decisions.spike_event_id = changes.row_id
        ORDER BY 1
        """);

    private static readonly Sql ChangedCosts = new($"""
        SELECT changes.row_id, cost_analytics.decision_id FROM changes LEFT JOIN cost_analytics ON cost_analytics.id = changes.row_id
        WHERE {ChangeLog.Between} 'cost_analytics'
        """);

    /// <summary>Returns up to which position of the log the next step follows; null if everything is to be read again.</summary>
    private async ValueTask<long?> NextStepAsync(Session session)
    {
        var newest = await ChangeLog.NewestAsync(session);
        if (newest - position > MostChanges || !await ChangeLog.ReachesAsync(session, position))
        {
            return null;
        }

        var last = await session.Prepare(End).Set("seq", position).Set("offset", MostAtOnce - 1L).FirstAsync(static row => row.Whole(0)) ?? newest;
        return await session.Prepare(PricesGone).Set("seq", position).Set("last", last).AnyAsync() ? null : last;
    }

    /// <summary>Reads what has changed up to a position, and judges it and what new prices or the passing of time decide.</summary>
    /// <returns>Whether any figure may be another.</returns>
    private async ValueTask<bool> FollowAsync(Session session, DecisionBook known, long last, DateTimeOffset now)
    {
        if (last == position && now == judgedAt)
        {
            return false;
        }

        var rows = new DecisionRows(known);
        var decisions = await session.Prepare(Changed).Set("seq", position).Set("last", last).ListAsync(static row => row.Id(0));
        var judged = new HashSet<int>(await rows.ReadAsync(session, decisions));
        var costs = new HashSet<int>();
        foreach (var (cost, decision) in await session.Prepare(ChangedCosts).Set("seq", position).Set("last", last).ListAsync(static row => (row.Id(0), row.Whole(1))))
        {
            costs.Add(known.CostRows[cost]);
            costs.Add(decision is { } id ? known.Find(id) : -1);
        }

        costs.Remove(-1);
        await rows.ReadCostsAsync(session, costs);
        var prices = await PriceSpans.ReadAsync(session, position, last);
        pricesUntil = Math.Max(pricesUntil, prices.Latest);
        prices.EachDue(known, now.UtcTicks, index => judged.Add(index));
        AddOver(known, judged, now.UtcTicks);
        return await DecisionJudge.JudgeAsync(session, known, judged, now) || decisions.Count > 0 || costs.Count > 0;
    }

    /// <summary>
    /// Adds the decisions of which a horizon has ended since they were judged, and those that may be judged by a price which was said to lie
    /// ahead then.
    /// </summary>
    private void AddOver(DecisionBook known, HashSet<int> judged, long now)
    {
        var before = judgedAt.UtcTicks;
        known.EachNear(before - Horizon.Reach.Ticks, now, index =>
        {
            ref readonly var entry = ref known[index];
            foreach (var horizon in entry.IsJudgedByPrice ? Horizon.All : [])
            {
                var end = entry.Ticks + horizon.Ticks;
                if (end <= now && (end > before || (pricesUntil > before && end + Horizon.Within(horizon).Ticks >= before)))
                {
                    judged.Add(index);
                }
            }
        });
    }
}

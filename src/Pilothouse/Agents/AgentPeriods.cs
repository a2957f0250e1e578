using Pilothouse.Performance;
using Pilothouse.Spikes;
using Pilothouse.Storage;

namespace Pilothouse.Agents;

/// <summary>
/// Stores what each agent's decisions of each UTC day, week and month were worth, by the horizon of 24 hours. Periods without a decision of
/// an agent have no row.
/// </summary>
internal sealed class AgentPeriods(Database database, AgentLedger ledger) : IPeriodWork
{
    /// <summary>The longest horizon, by which a row is judged.</summary>
    private const int ByDay = 2;

    private static readonly Sql Spikes = new("""
        SELECT agent_detected_by, time_of(timestamp), outcome, trade_id FROM spike_events
        WHERE agent_detected_by IS NOT NULL AND time_key(timestamp) >= @from AND time_key(timestamp) < @to
        """);

    private static readonly Sql Breakers = new("""
        SELECT d.agent_name, time_of(d.timestamp), d.circuit_breaker_event_id, lower(e.status) FROM agent_decisions AS d
        JOIN circuit_breaker_events AS e ON e.id = d.circuit_breaker_event_id
        WHERE d.circuit_breaker_event_id IS NOT NULL AND time_key(d.timestamp) >= @from AND time_key(d.timestamp) < @to
        """);

    private static readonly Sql Any = new("SELECT 1 FROM agent_decisions WHERE has_time(timestamp) LIMIT 1");

    /// <inheritdoc/>
    public async ValueTask<int> StoreAsync(DateTimeOffset now, TimeSpan putRightFor, CancellationToken cancel)
    {
        if (!await database.SnapshotAsync(ReadKind.Own, static session => session.Prepare(Any).AnyAsync(), cancel))
        {
            return 0;
        }

        var stored = 0;
        foreach (var (name, most) in Period.Kinds)
        {
            var end = Period.Of(name, now).Start;
            var begin = Period.Of(name, now);
            for (var i = 0; i < most; i++)
            {
                begin = begin.Before();
            }

            foreach (var row in await DueAsync(name, begin.Start, end, now - putRightFor, cancel))
            {
                stored += await database.WriteAsync(session => AgentPerformanceStore.StoreAsync(session, row), cancel) ? 1 : 0;
            }
        }

        return stored;
    }

    /// <summary>Returns the rows that are missing, and those that are to be put right because their period ended after <paramref name="fixedBefore"/>.</summary>
    private async ValueTask<List<AgentPerformance>> DueAsync(string name, DateTimeOffset from, DateTimeOffset end, DateTimeOffset fixedBefore, CancellationToken cancel)
    {
        // The window is inclusive, and times are stored to the microsecond.
        var computed = await ledger.AnswerAsync(new AgentQuestion(name, from, end.AddTicks(-10)), cancel);
        var (known, spikes, breakers) = await database.SnapshotAsync(ReadKind.Known, async session => (
            (await AgentPerformanceStore.SinceAsync(session, name, from)).GroupBy(static row => (row.AgentName, row.PeriodStart)).ToDictionary(static rows => rows.Key, static rows => rows.First()),
            (await SpikesAsync(session, from, end)).ToLookup(one => (one.Agent, StartOf(name, one.At))),
            (await Between(session, Breakers, from, end).ListAsync(static row => (Agent: row.Text(0), At: row.Time(1), Event: row.Whole(2), Status: row.Text(3)))).ToLookup(one => (one.Agent, StartOf(name, one.At)))), cancel);

        var due = new List<AgentPerformance>();
        foreach (var (agent, period) in computed.Agents.SelectMany(static agent => agent.Periods.Select(period => (agent.AgentName, period))))
        {
            var row = known.GetValueOrDefault((agent, period.PeriodStart));
            var over = Period.Of(name, period.PeriodStart).End;
            if (row is not null && over < fixedBefore)
            {
                continue;
            }

            var (figures, judged, key) = (period.Figures, period.Figures.Horizons[ByDay], ((string?)agent, (DateTimeOffset?)period.PeriodStart));
            var triggers = breakers[key].DistinctBy(static one => one.Event).ToList();
            var made = new AgentPerformance
            {
                Timestamp = over,
                AgentName = agent,
                Period = name,
                PeriodStart = period.PeriodStart,
                TotalDecisions = figures.Decisions,
                CorrectDecisions = judged.Right,
                IncorrectDecisions = judged.Wrong,
                AccuracyPercent = judged.AccuracyPercent,
                AvgConfidence = figures.AvgConfidence,
                AvgExecutionTimeMs = figures.AvgExecutionTimeMs,
                TotalSpikesDetected = spikes[key].Count(),
                TruePositives = spikes[key].Count(static one => one.Outcome == SpikeOutcome.Profitable),
                FalsePositives = spikes[key].Count(static one => one.Outcome == SpikeOutcome.Unprofitable),
                CircuitBreakerTriggers = triggers.Count,
                FalseCircuitBreakerTriggers = triggers.Count(static one => one.Status == "false_trigger"),
            };
            if (row is null || row with { Id = 0, Notes = null, FalseNegatives = null } != made)
            {
                due.Add(made);
            }
        }

        return due;
    }

    /// <summary>Returns the spikes of agents, with what came of them: of their trades, as GET /api/spikes shows it.</summary>
    private static async ValueTask<List<(string? Agent, DateTimeOffset? At, string? Outcome)>> SpikesAsync(Session session, DateTimeOffset from, DateTimeOffset end)
    {
        var spikes = await Between(session, Spikes, from, end).ListAsync(
            static row => (Agent: row.Text(0), At: row.Time(1), Outcome: row.Text(2), TradeId: row.Whole(3)));
        var outcomes = await SpikeOutcomes.OfTradesAsync(session, spikes.Select(static spike => spike.TradeId).OfType<long>());
        return spikes.ConvertAll(spike => (spike.Agent, spike.At, SpikeOutcomes.WordOf(outcomes, spike.TradeId, spike.Outcome)));
    }

    private static DateTimeOffset? StartOf(string name, DateTimeOffset? at) => at is { } time ? Period.Of(name, time).Start : null;

    private static Statement Between(Session session, Sql sql, DateTimeOffset from, DateTimeOffset to) =>
        session.Prepare(sql).SetKey("from", Timestamps.ToStored(from)).SetKey("to", Timestamps.ToStored(to));
}

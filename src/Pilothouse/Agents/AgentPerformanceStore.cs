using Pilothouse.Contract;
using Pilothouse.Storage;

namespace Pilothouse.Agents;

/// <summary>The table <c>agent_performance</c>.</summary>
internal static class AgentPerformanceStore
{
    public static readonly Table<NewAgentPerformance, AgentPerformance> Table = new(
        "agent_performance", AgentJson.Default.NewAgentPerformance, AgentJson.Default.AgentPerformance, time: "timestamp",
        Column.Time("timestamp"),
        Column.Text("agent_name", longest: 100, required: true) with { Filter = "Only of this agent." },
        Column.OneOf("period", NewAgentPerformance.Periods, required: true) with
        { Filter = "Only stored rows of this period; the computed figures are split by it, and by months without it." },
        Column.Whole("total_decisions", least: 0),
        Column.Whole("correct_decisions", least: 0),
        Column.Whole("incorrect_decisions", least: 0),
        Column.Number("accuracy_percent", least: 0, most: 100),
        Column.Number("avg_confidence", least: 0, most: 1),
        Column.Number("avg_execution_time_ms", least: 0),
        Column.Whole("total_spikes_detected", least: 0),
        Column.Whole("true_positives", least: 0),
        Column.Whole("false_positives", least: 0),
        Column.Whole("false_negatives", least: 0),
        Column.Whole("circuit_breaker_triggers", least: 0),
        Column.Whole("false_circuit_breaker_triggers", least: 0),
        Column.Text("notes", longest: 20_000),
        Column.Computed("period_start", ColumnKind.Time));

    public static readonly ListSql List = new(Table) { Leaders = ["agent_name"], Groups = ["period agent_name"] };

    private const string Values = "total_decisions, correct_decisions, incorrect_decisions, accuracy_percent, avg_confidence, avg_execution_time_ms, "
        + "total_spikes_detected, true_positives, false_positives, circuit_breaker_triggers, false_circuit_breaker_triggers";

    private static readonly Sql Since = new($"""
        SELECT {Table.Selection} FROM agent_performance WHERE coalesce(lower(period), '') = @period AND time_key(timestamp) > @from AND period_start IS NOT NULL
        """);

    private static readonly Sql Insert = new($"""
        INSERT INTO agent_performance(timestamp, agent_name, period, period_start, {Values})
        VALUES (@timestamp, @agent_name, @period, @period_start, @{Values.Replace(", ", ", @", StringComparison.Ordinal)}) RETURNING id
        """);

    private static readonly Sql Update = new($"""
        UPDATE agent_performance SET {string.Join(", ", Values.Split(", ").Select(static column => $"{column} = @{column}"))}
        WHERE agent_name = @agent_name AND period = @period AND period_start = @period_start AND period_start IS NOT NULL
        """);

    /// <summary>Returns the server's rows of one kind of period that ended after a time.</summary>
    public static ValueTask<List<AgentPerformance>> SinceAsync(Session session, string period, DateTimeOffset from) =>
        session.Prepare(Since).Set("period", period).SetKey("from", Timestamps.ToStored(from)).ListAsync(Table.Read);

    /// <summary>Stores the row of an agent and a period, or puts the one right that it has already. There are never two.</summary>
    public static async ValueTask<bool> StoreAsync(Session session, AgentPerformance row)
    {
        if (await Bind(session.Prepare(Update), row).ExecuteAsync() == 0)
        {
            await Bind(session.Prepare(Insert).Set("timestamp", row.Timestamp), row).InsertAsync();
        }

        return true;
    }

    private static Statement Bind(Statement statement, AgentPerformance row) => statement
        .Set("agent_name", row.AgentName).Set("period", row.Period).Set("period_start", row.PeriodStart)
        .Set("total_decisions", row.TotalDecisions).Set("correct_decisions", row.CorrectDecisions).Set("incorrect_decisions", row.IncorrectDecisions)
        .Set("accuracy_percent", row.AccuracyPercent).Set("avg_confidence", row.AvgConfidence).Set("avg_execution_time_ms", row.AvgExecutionTimeMs)
        .Set("total_spikes_detected", row.TotalSpikesDetected).Set("true_positives", row.TruePositives).Set("false_positives", row.FalsePositives)
        .Set("circuit_breaker_triggers", row.CircuitBreakerTriggers).Set("false_circuit_breaker_triggers", row.FalseCircuitBreakerTriggers);
}

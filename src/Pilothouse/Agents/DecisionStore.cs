using Pilothouse.Contract;
using Pilothouse.Storage;

namespace Pilothouse.Agents;

/// <summary>The table <c>agent_decisions</c>.</summary>
internal static class DecisionStore
{
    public static readonly Table<NewDecision, Decision> Table = new(
        "agent_decisions", DecisionJson.Default.NewDecision, DecisionJson.Default.Decision, time: "timestamp",
        Column.Time("timestamp"),
        Column.Text("agent_name", longest: 100, required: true) with { Filter = "Only of this agent." },
        Column.Text("agent_role", longest: 100, required: true) with { Filter = "Only in this role." },
        Column.Text("decision_type", longest: 100, required: true) with { Filter = "Only of this type." },
        Column.Text("decision", longest: 500, required: true),
        Column.Number("confidence", least: 0, most: 1),
        Column.Text("reasoning", longest: 100_000),
        Column.Json("input_data"),
        Column.Json("output_data"),
        Column.Whole("execution_time_ms", least: 0),
        Column.Reference("spike_event_id", "spike_events", "spike") with { Filter = "Only about the spike of this id." },
        Column.Reference("circuit_breaker_event_id", "circuit_breaker_events", "event of the circuit breaker") with
        { Filter = "Only about the event of the circuit breaker of this id." },
        Column.Reference("trade_id", "trades", "trade") with { Filter = "Only that led to the trade of this id." },
        Column.Reference("signal_id", "signals", "signal") with { Filter = "Only about the signal of this id." },
        Column.Bot());

    public static readonly ListSql List = new(Table)
    {
        Leaders = ["trade_id", "signal_id", "spike_event_id", "circuit_breaker_event_id", "agent_name", "bot_name"],
        Groups = ["agent_role decision_type agent_name", "bot_name agent_name agent_role decision_type"],
    };

    private static readonly Sql Find = new($"SELECT {Table.Selection} FROM agent_decisions WHERE id = @id");

    private static readonly Sql SetLinks = new("""
        UPDATE agent_decisions SET spike_event_id = @spike_event_id, circuit_breaker_event_id = @circuit_breaker_event_id, trade_id = @trade_id,
          signal_id = @signal_id WHERE id = @id
        """);

    public static ValueTask<Decision?> FindAsync(Session session, long id) => session.Prepare(Find).Set("id", (long?)id).FirstAsync(Table.Read);

    /// <summary>Stores the links of a decision.</summary>
    public static ValueTask<int> SetLinksAsync(Session session, Decision decision) => session.Prepare(SetLinks)
        .Set("spike_event_id", decision.SpikeEventId).Set("circuit_breaker_event_id", decision.CircuitBreakerEventId)
        .Set("trade_id", decision.TradeId).Set("signal_id", decision.SignalId).Set("id", (long?)decision.Id).ChangeAsync();
}

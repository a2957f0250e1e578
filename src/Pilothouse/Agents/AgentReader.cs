using Pilothouse.Contract;
using Pilothouse.Operations;
using Pilothouse.Storage;

namespace Pilothouse.Agents;

/// <summary>Answers who the agents are, and what their decisions were worth.</summary>
internal sealed class AgentReader(Database database, AgentLedger ledger, TimeProvider clock)
{
    private static readonly Sql Last = new($"SELECT {DecisionStore.Table.Selection} FROM agent_decisions WHERE agent_name = @agent_name ORDER BY time_key(timestamp) DESC, id DESC LIMIT 1");

    private static readonly Sql CostsSince = new("""
        SELECT d.agent_name, c.estimated_cost, time_of(c.timestamp) FROM cost_analytics AS c JOIN agent_decisions AS d ON d.id = c.decision_id
        WHERE time_key(c.timestamp) >= @from
        """);

    /// <summary>Returns every agent, the one that decided last first.</summary>
    public async ValueTask<Page<Agent>> AgentsAsync(Call call, long? limit)
    {
        var now = clock.GetUtcNow();
        var today = new DateTimeOffset(now.UtcDateTime.Date, TimeSpan.Zero);
        var known = await ledger.AgentsAsync(call.Cancel);
        var agents = await database.SnapshotAsync(call.Caller.Reads, async session =>
        {
            var costs = new Dictionary<string, MoneySum>(StringComparer.Ordinal);
            await session.Prepare(CostsSince).SetKey("from", Timestamps.ToStored(today)).EachAsync(row =>
            {
                if (row.Text(0) is { } agent && row.Time(2) >= today)
                {
                    costs[agent] = costs.GetValueOrDefault(agent).Plus(row.Money(1) ?? 0);
                }
            });
            var list = new List<Agent>(known.Count);
            foreach (var (name, roles, decisions) in known)
            {
                list.Add(new(name, roles, decisions, costs.GetValueOrDefault(name).Value, await session.Prepare(Last).Set("agent_name", name).FirstAsync(DecisionStore.Table.Read)));
            }

            return list;
        }, call.Cancel);
        Agent[] shown = [.. agents.OrderByDescending(static agent => agent.LastDecision?.Timestamp ?? DateTimeOffset.MinValue).Take((int?)limit ?? agents.Count)];
        return new(true, shown.Length, shown, null);
    }

    /// <summary>Returns the stored rows, and what is computed from the decisions.</summary>
    public async ValueTask<AgentPerformanceAnswer> PerformanceAsync(Call call, QueryValues query)
    {
        var computed = await ledger.AnswerAsync(AgentQuestion.Of(query), call.Cancel);
        var page = await database.SnapshotAsync(
            call.Caller.Reads, session => AgentPerformanceStore.List.PageAsync(session, query, query.Whole("limit"), AgentPerformanceStore.Table.Read), call.Cancel);
        return new(true, page.Count, page.Data, page.NextCursor, computed);
    }
}

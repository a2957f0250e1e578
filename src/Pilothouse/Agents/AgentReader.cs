using Pilothouse.Contract;
using Pilothouse.Costs;
using Pilothouse.Operations;
using Pilothouse.Storage;

namespace Pilothouse.Agents;

/// <summary>Answers who the agents are, and what their decisions were worth.</summary>
internal sealed class AgentReader(Database database, AgentLedger ledger, CostLedger costs, TimeProvider clock)
{
    private static readonly Sql Last = new($"SELECT {DecisionStore.Table.Selection} FROM agent_decisions WHERE agent_name = @agent_name ORDER BY time_key(timestamp) DESC, id DESC LIMIT 1");

    /// <summary>Returns every agent, the one that decided last first.</summary>
    public async ValueTask<Page<Agent>> AgentsAsync(Call call, long? limit)
    {
        var today = DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime);
        var known = await ledger.AgentsAsync(call.Cancel);
        var spent = await costs.ReadAsync(cube => cube[today].Where(static one => one.Key.Agent is not null).GroupBy(static one => one.Key.Agent!, StringComparer.Ordinal)
            .ToDictionary(static agent => agent.Key, static agent => agent.Aggregate(default(MoneySum), static (sum, one) => sum.Plus(one.Value.Cost)), StringComparer.Ordinal), call.Cancel);
        var agents = await database.SnapshotAsync(call.Caller.Reads, async session =>
        {
            var list = new List<Agent>(known.Count);
            foreach (var (name, roles, decisions) in known)
            {
                list.Add(new(name, roles, decisions, spent.GetValueOrDefault(name).Value, await session.Prepare(Last).Set("agent_name", name).FirstAsync(DecisionStore.Table.Read)));
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

using System.Text.Json.Serialization.Metadata;
using Pilothouse.Auth;
using Pilothouse.Contract;
using Pilothouse.Monitoring;
using Pilothouse.Operations;
using Pilothouse.Performance;
using Pilothouse.Storage;

namespace Pilothouse.Agents;

/// <summary>The operations on agents: who they are, what they decided, and what that was worth.</summary>
internal sealed class AgentFeature : Feature
{
    private static readonly QueryParameter[] OfDecisions =
    [
        QueryParameter.Text("agent_role", "Only decisions in this role; stored rows have none."),
        QueryParameter.Text("decision_type", "Only decisions of this type; stored rows have none."),
        QueryParameter.BotName with { Description = "Only decisions of this bot; stored rows have none." },
    ];

    public override string Tag => "Agents";

    public override string About => "What the agents of the bots decided, and whether they were right.";

    public override IJsonTypeInfoResolver Json => JsonTypeInfoResolver.Combine(DecisionJson.Default, AgentJson.Default, AgentFiguresJson.Default);

    public override void AddServices(IServiceCollection services)
    {
        services.AddSingleton<DecisionService>();
        services.AddSingleton<AgentReader>();
        services.AddSingleton<AgentLedger>();
        services.AddSingleton<IChangeFollower>(static provider => provider.GetRequiredService<AgentLedger>());
        services.AddSingleton<IKeptFigures>(static provider => provider.GetRequiredService<AgentLedger>());
        services.AddSingleton<IPeriodWork, AgentPeriods>();
    }

    public override IEnumerable<EventSource> Events(IServiceProvider parts) =>
    [
        EventSource.Of(DecisionStore.Table, DecisionJson.Default.Decision, "decision"),
        EventSource.Of(AgentPerformanceStore.Table, AgentJson.Default.AgentPerformance, "agent_performance"),
    ];

    public override IEnumerable<Operation> Operations(IServiceProvider parts) =>
    [
        .. DecisionOperations.All(parts.GetRequiredService<DecisionService>(), parts.GetRequiredService<Database>()),
        .. OfAgents(parts.GetRequiredService<AgentReader>(), parts.GetRequiredService<TimeProvider>()),
    ];

    private static IEnumerable<Operation> OfAgents(AgentReader reader, TimeProvider clock)
    {
        // Fresh reads, because a horizon may have ended since, and a day begun.
        yield return new FreshRead<Page<Agent>>("listAgents", "GET /api/agents", "Every agent that has decided, the one that decided last first", AgentJson.Default.PageAgent,
            (call, query) => reader.AgentsAsync(call, query.Number("limit")))
        { Query = new(QueryParameter.MostOf("agents")), PerMinute = 100 };

        yield return new FreshRead<AgentPerformanceAnswer>("agentPerformance", "GET /api/agents/performance",
            "What the decisions of agents were worth: computed, and the stored rows, newest first", AgentFiguresJson.Default.AgentPerformanceAnswer, reader.PerformanceAsync)
        {
            Query = new([
                QueryParameter.Limit(50), QueryParameter.Cursor, .. AgentPerformanceStore.Table.Filters, .. OfDecisions,
                QueryParameter.From with { Description = "Only decisions from this time on, and stored rows of periods that ended from then on, inclusive." },
                QueryParameter.To with { Description = "Only up to this time, inclusive; a date alone means the end of that day." }]),
            PerMinute = 100,
        };

        var create = new Write<NewAgentPerformance, AgentPerformanceStored>("createAgentPerformance", "POST /api/agents/performance", "Store what a bot says of one of its agents",
            AgentJson.Default.NewAgentPerformance, AgentJson.Default.AgentPerformanceStored, async (session, call, row) =>
            {
                var id = await AgentPerformanceStore.Table.InsertAsync(session, call.Caller, row, clock.GetUtcNow());
                return Answer.Created(new AgentPerformanceStored(true, "Agent performance stored successfully", id), AgentPerformanceStore.Table, id, row);
            })
        { Audited = Audited.AsRecord, PerMinute = 100 };
        yield return create;
        yield return create.Batch("createAgentPerformances", "Store up to 5,000 rows of agents' performance, all or none");
    }
}

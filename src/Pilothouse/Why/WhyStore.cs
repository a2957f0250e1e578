using Pilothouse.Agents;
using Pilothouse.Analysis;
using Pilothouse.Contract;
using Pilothouse.Costs;
using Pilothouse.Spikes;
using Pilothouse.Storage;

namespace Pilothouse.Why;

/// <summary>Finds what belongs to a trade, each by an index.</summary>
internal static class WhyStore
{
    /// <summary>The most rows of each kind; no trade has as many.</summary>
    private const int Most = 200;

    private static readonly RecordColumns<WhyDecision> Decisions =
        new(DecisionStore.Table.Name, WhyJson.Default.WhyDecision, [.. DecisionStore.Table.Columns]);

    private static readonly RecordColumns<WhyCost> Costs = new(CostStore.Table.Name, WhyJson.Default.WhyCost, [.. CostStore.Table.Columns]);

    private static readonly Sql Analyses = new($"SELECT {AnalysisStore.Table.Selection} FROM chart_analyses WHERE signal_id = @id LIMIT {Most}");

    private static readonly Sql DecisionsOfTrade = new($"SELECT {Decisions.Selection} FROM agent_decisions WHERE trade_id = @id LIMIT {Most}");

    private static readonly Sql DecisionsOfSignal = new($"SELECT {Decisions.Selection} FROM agent_decisions WHERE signal_id = @id LIMIT {Most}");

    private static readonly Sql SpikesOfTrade = new($"SELECT {SpikeStore.Table.Selection} FROM spike_events WHERE trade_id = @id LIMIT {Most}");

    private static readonly string SelectCosts = $"SELECT {Costs.Selection}, CASE WHEN {CostStore.Unpriced} THEN 1 ELSE 0 END FROM cost_analytics";

    private static readonly Sql CostsOfDecision = new($"{SelectCosts} WHERE decision_id = @id LIMIT {Most}");

    private static readonly Sql CostsOfSignal = new($"{SelectCosts} WHERE signal_id = @id LIMIT {Most}");

    private static readonly Sql CostsOfAnalysis = new($"{SelectCosts} WHERE analysis_id = @id LIMIT {Most}");

    public static ValueTask<List<ChartAnalysis>> AnalysesAsync(Session session, long signalId) =>
        session.Prepare(Analyses).Set("id", (long?)signalId).ListAsync(AnalysisStore.Table.Read);

    /// <summary>Returns the decisions that name the trade or its signal, but no decision about another trade.</summary>
    public static async ValueTask<List<WhyDecision>> DecisionsAsync(Session session, long tradeId, long? signalId)
    {
        var decisions = await session.Prepare(DecisionsOfTrade).Set("id", (long?)tradeId).ListAsync(Decisions.Read);
        if (signalId is not null)
        {
            var others = await session.Prepare(DecisionsOfSignal).Set("id", signalId).ListAsync(Decisions.Read);
            decisions.AddRange(others.Where(static decision => decision.TradeId is null));
        }

        return decisions;
    }

    /// <summary>Returns the spikes that name the trade, and those that its decisions name.</summary>
    public static async ValueTask<List<Spike>> SpikesAsync(Session session, long tradeId, IEnumerable<long> named)
    {
        var spikes = await session.Prepare(SpikesOfTrade).Set("id", (long?)tradeId).ListAsync(SpikeStore.Table.Read);
        foreach (var id in named.Except(spikes.Select(static spike => spike.Id)).ToList())
        {
            if (await SpikeStore.FindAsync(session, id) is { } spike)
            {
                spikes.Add(spike);
            }
        }

        await SpikeOutcomes.ShowAsync(session, spikes);
        return spikes;
    }

    /// <summary>Returns the costs that name one of the decisions, the signal or one of the analyses; each once, whatever it names.</summary>
    public static async ValueTask<List<WhyCost>> CostsAsync(Session session, IEnumerable<long> decisions, long? signalId, IEnumerable<long> analyses)
    {
        var costs = new List<WhyCost>();
        foreach (var (sql, id) in decisions.Select(static id => (CostsOfDecision, id)).Concat(signalId is { } signal ? [(CostsOfSignal, signal)] : [])
            .Concat(analyses.Select(static id => (CostsOfAnalysis, id))))
        {
            costs.AddRange(await session.Prepare(sql).Set("id", (long?)id).ListAsync(ReadCost));
        }

        return [.. costs.DistinctBy(static cost => cost.Id)];
    }

    /// <summary>Reads a row of <see cref="SelectCosts"/>, whose last column says whether the cost is not known.</summary>
    private static WhyCost ReadCost(Row row)
    {
        var cost = Costs.Read(row);
        return row.Whole(CostStore.Table.Columns.Count + 1) == 1 ? cost.WithoutPrice() : cost;
    }
}

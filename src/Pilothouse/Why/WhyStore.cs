using Pilothouse.Analysis;
using Pilothouse.Costs;
using Pilothouse.Signals;
using Pilothouse.Spikes;
using Pilothouse.Storage;

namespace Pilothouse.Why;

/// <summary>Finds what belongs to a trade, each by an index.</summary>
internal static class WhyStore
{
    /// <summary>The most rows of each kind; no trade has as many.</summary>
    private const int Most = 200;

    private const string Decisions = """
        SELECT id, time_of(timestamp), agent_name, agent_role, decision_type, decision, confidence, reasoning, execution_time_ms, spike_event_id,
          trade_id, signal_id, bot_name FROM agent_decisions
        """;

    private const string Spikes = """
        SELECT id, time_of(timestamp), trading_pair, spike_type, direction, magnitude_percent, timeframe_minutes, volume_multiplier, price_from,
          price_to, confidence_score, agent_detected_by, status, skip_reason, outcome, pnl, trade_id FROM spike_events
        """;

    private static readonly Sql Signal = new($"SELECT {SignalStore.Table.Selection} FROM signals WHERE id = @id");

    private static readonly Sql Analyses = new($"SELECT {AnalysisStore.Table.Selection} FROM chart_analyses WHERE signal_id = @id LIMIT {Most}");

    private static readonly Sql DecisionsOfTrade = new($"{Decisions} WHERE trade_id = @id LIMIT {Most}");

    private static readonly Sql DecisionsOfSignal = new($"{Decisions} WHERE signal_id = @id LIMIT {Most}");

    private static readonly Sql SpikesOfTrade = new($"{Spikes} WHERE trade_id = @id LIMIT {Most}");

    private static readonly Sql Spike = new($"{Spikes} WHERE id = @id");

    private const string Costs = $"""
        SELECT id, time_of(timestamp), api_name, operation_type, api_calls, estimated_cost, model, input_tokens, output_tokens, cached_tokens, decision_id,
          signal_id, analysis_id, CASE WHEN {CostStore.Unpriced} THEN 1 ELSE 0 END FROM cost_analytics
        """;

    private static readonly Sql CostsOfDecision = new($"{Costs} WHERE decision_id = @id LIMIT {Most}");

    private static readonly Sql CostsOfSignal = new($"{Costs} WHERE signal_id = @id LIMIT {Most}");

    private static readonly Sql CostsOfAnalysis = new($"{Costs} WHERE analysis_id = @id LIMIT {Most}");

    public static ValueTask<Signal?> FindSignalAsync(Session session, long id) => session.Prepare(Signal).Set("id", (long?)id).FirstAsync(SignalStore.Table.Read);

    public static ValueTask<List<ChartAnalysis>> AnalysesAsync(Session session, long signalId) =>
        session.Prepare(Analyses).Set("id", (long?)signalId).ListAsync(AnalysisStore.Table.Read);

    /// <summary>Returns the decisions that name the trade or its signal, but no decision about another trade.</summary>
    public static async ValueTask<List<WhyDecision>> DecisionsAsync(Session session, long tradeId, long? signalId)
    {
        var decisions = await session.Prepare(DecisionsOfTrade).Set("id", (long?)tradeId).ListAsync(ReadDecision);
        if (signalId is not null)
        {
            var others = await session.Prepare(DecisionsOfSignal).Set("id", signalId).ListAsync(ReadDecision);
            decisions.AddRange(others.Where(static decision => decision.TradeId is null));
        }

        return decisions;
    }

    /// <summary>Returns the spikes that name the trade, and those that its decisions name.</summary>
    public static async ValueTask<List<WhySpike>> SpikesAsync(Session session, long tradeId, IEnumerable<long> named)
    {
        var spikes = await session.Prepare(SpikesOfTrade).Set("id", (long?)tradeId).ListAsync(ReadSpike);
        foreach (var id in named.Except(spikes.Select(static spike => spike.Spike.Id)).ToList())
        {
            spikes.AddRange(await session.Prepare(Spike).Set("id", (long?)id).ListAsync(ReadSpike));
        }

        // What came of a spike is what came of its trade.
        var outcomes = await SpikeOutcomes.OfTradesAsync(session, spikes.Select(static spike => spike.TradeId).OfType<long>());
        return spikes.ConvertAll(spike => spike.TradeId is { } id && outcomes.GetValueOrDefault(id) is var outcome
            ? spike.Spike with { Outcome = outcome.Word, Pnl = outcome.Pnl } : spike.Spike);
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

    private static WhyDecision ReadDecision(Row row) => new(
        row.Id(0), row.Time(1), row.Text(2), row.Text(3), row.Text(4), row.Text(5), row.Number(6), row.Text(7), row.Whole(8), row.Whole(9), row.Whole(10),
        row.Whole(11), row.Text(12));

    private static (WhySpike Spike, long? TradeId) ReadSpike(Row row) => (new(
        row.Id(0), row.Time(1), row.Text(2), row.Text(3), row.Text(4), row.Number(5), row.Whole(6), row.Number(7), row.Money(8), row.Money(9),
        row.Number(10), row.Text(11), row.Text(12), row.Text(13), row.Text(14), row.Money(15)), row.Whole(16));

    private static WhyCost ReadCost(Row row) => new(
        row.Id(0), row.Time(1), row.Text(2), row.Text(3), row.Whole(4), row.Whole(13) == 1 ? null : row.Money(5), row.Text(6), row.Whole(7), row.Whole(8), row.Whole(9), row.Whole(10),
        row.Whole(11), row.Whole(12), row.Whole(13) == 1);
}

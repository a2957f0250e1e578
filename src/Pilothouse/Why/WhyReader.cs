using System.Globalization;
using Pilothouse.Prices;
using Pilothouse.Signals;
using Pilothouse.Storage;
using Pilothouse.Trades;

namespace Pilothouse.Why;

/// <summary>Puts together why a trade was made: from the rows that name each other by their ids.</summary>
/// <param name="prices">What stored prices say of the trade.</param>
/// <param name="units">Which amounts may be added.</param>
/// <param name="clock">The server's.</param>
internal sealed class WhyReader(ITradePrices prices, MoneyUnits units, TimeProvider clock)
{
    /// <summary>Returns what is known of a trade, and what is not.</summary>
    /// <param name="session">A snapshot.</param>
    /// <param name="id">The id of the trade.</param>
    public async ValueTask<WhyTrade> ReadAsync(Session session, long id)
    {
        var trade = await TradeAccess.FindAsync(session, id);
        await prices.ShowAsync(session, [trade]);
        var gaps = new List<WhyGap>();
        var steps = new List<WhyStep>();
        var analyses = await AddSignalAsync(session, trade, steps, gaps);
        var decisions = await AddDecisionsAsync(session, trade, steps, gaps);
        var costs = await AddCostsAsync(session, trade, decisions, analyses, steps, gaps);
        steps.AddRange((await ShownFills.OfAsync(session, trade)).Select(static fill => new WhyStep(fill.FilledAt, fill.IsEntry ? "entry" : "exit") { Fill = fill }));
        AddGapsOfTrade(trade, gaps);

        // A step without a readable time stands beside those of its kind: the first entry is where the trade begins.
        var ordered = steps.OrderBy(step => step.Time ?? trade.Timestamp ?? DateTimeOffset.MinValue).ThenBy(static step => Array.IndexOf(WhyStep.Kinds, step.Kind));
        return new(trade, [.. ordered], await ResultOfAsync(session, trade, costs, gaps), gaps);
    }

    /// <summary>Returns what the decisions, the signal and the analyses of a trade cost, by the same rules.</summary>
    /// <param name="session">A snapshot.</param>
    /// <param name="trade">The trade.</param>
    public async ValueTask<TradeAiCost> CostAsync(Session session, Trade trade)
    {
        var decisions = await WhyStore.DecisionsAsync(session, trade.Id, trade.SignalId);
        var analyses = trade.SignalId is { } signal ? await WhyStore.AnalysesAsync(session, signal) : [];
        var costs = await WhyStore.CostsAsync(
            session, decisions.Select(static decision => decision.Id), trade.SignalId, analyses.Select(static analysis => analysis.Id));
        var result = await ResultOfAsync(session, trade, costs, []);
        return new(
            trade.Id, trade.TradingPair, trade.Side, trade.BotName, trade.Strategy, trade.SignalId, trade.Status, trade.ClosedAt, trade.SettleAsset,
            result.Pnl, result.AiCost, result.UnpricedUses, result.PnlAfterAi, result.Currency);
    }

    /// <returns>The ids of the analyses of its signal.</returns>
    private static async ValueTask<List<long>> AddSignalAsync(Session session, Trade trade, List<WhyStep> steps, List<WhyGap> gaps)
    {
        if (trade.SignalId is not { } id)
        {
            gaps.Add(new("signal", "The trade names no signal (signal_id)."));
            gaps.Add(new("analysis", "Analyses belong to a signal, and the trade names none."));
            return [];
        }

        if (await SignalStore.FindAsync(session, id) is { } signal)
        {
            steps.Add(new(signal.Timestamp, "signal") { Signal = signal });
        }
        else
        {
            gaps.Add(new("signal", string.Create(CultureInfo.InvariantCulture, $"Signal {id}, which the trade names, is not stored any more.")));
        }

        var analyses = await WhyStore.AnalysesAsync(session, id);
        steps.AddRange(analyses.Select(static analysis => new WhyStep(analysis.Timestamp, "analysis") { Analysis = analysis }));
        if (analyses.Count == 0)
        {
            gaps.Add(new("analysis", string.Create(CultureInfo.InvariantCulture, $"No stored analysis names signal {id} (signal_id).")));
        }

        return analyses.ConvertAll(static analysis => analysis.Id);
    }

    /// <returns>The decisions.</returns>
    private static async ValueTask<List<WhyDecision>> AddDecisionsAsync(Session session, Trade trade, List<WhyStep> steps, List<WhyGap> gaps)
    {
        var decisions = await WhyStore.DecisionsAsync(session, trade.Id, trade.SignalId);
        var spikes = await WhyStore.SpikesAsync(session, trade.Id, decisions.Select(static decision => decision.SpikeEventId).OfType<long>().Distinct());
        steps.AddRange(decisions.Select(static decision => new WhyStep(decision.Timestamp, "decision") { Decision = decision }));
        steps.AddRange(spikes.Select(static spike => new WhyStep(spike.Timestamp, "spike") { Spike = spike }));
        if (decisions.Count == 0)
        {
            gaps.Add(new("decision", "No stored decision names the trade (trade_id) or its signal (signal_id)."));
        }

        if (spikes.Count == 0)
        {
            gaps.Add(new("spike", "No stored spike names the trade (trade_id), and none of its decisions names one (spike_event_id)."));
        }

        return decisions;
    }

    /// <returns>What its decisions, its signal and its analyses cost.</returns>
    private static async ValueTask<List<WhyCost>> AddCostsAsync(
        Session session, Trade trade, List<WhyDecision> decisions, List<long> analyses, List<WhyStep> steps, List<WhyGap> gaps)
    {
        var costs = await WhyStore.CostsAsync(session, decisions.Select(static decision => decision.Id), trade.SignalId, analyses);
        steps.AddRange(costs.Select(static cost => new WhyStep(cost.Timestamp, "cost") { Cost = cost }));
        decisions.ForEach(decision => decision.SetCost(SumOf(costs.Where(cost => cost.DecisionId == decision.Id))));
        var unpriced = costs.Count(static cost => cost.Unpriced);
        if (costs.Count == 0)
        {
            gaps.Add(new("cost", decisions.Count == 0 && trade.SignalId is null ? "Costs belong to decisions, signals and analyses, and the trade has none."
                : "No stored cost names one of its decisions (decision_id), its signal (signal_id) or one of its analyses (analysis_id)."));
        }
        else if (unpriced > 0)
        {
            gaps.Add(new("cost", string.Create(CultureInfo.InvariantCulture,
                $"The price of {unpriced} of its {costs.Count} uses of outside APIs is not known, so they are not in ai_cost: POST /api/model-prices stores the price of a model.")));
        }

        return costs;
    }

    private static void AddGapsOfTrade(Trade trade, List<WhyGap> gaps)
    {
        if (!trade.IsClosed)
        {
            gaps.Add(new("exit", trade.IsVoided ? "The trade is voided: it counts in no figure." : "The trade is open: its result comes with its close."));
        }

        if (trade.IsClosed ? trade.Mfe is null : !trade.IsVoided && trade.Price is null)
        {
            gaps.Add(new("prices", trade.IsClosed
                ? "No stored price lies between entry and exit, or too many do (docs/metrics.md, Prices), so that mfe and mae are not known."
                : "No price of the pair is known: no candle, no signal, no market context."));
        }
    }

    /// <summary>The sum of the known costs; null if there is none.</summary>
    private static decimal? SumOf(IEnumerable<WhyCost> costs) => costs.Where(static cost => cost.EstimatedCost is not null).ToList() is { Count: > 0 } known
        ? known.Aggregate(default(MoneySum), static (sum, one) => sum.Plus(one.EstimatedCost ?? 0)).Value : null;

    private async ValueTask<WhyResult> ResultOfAsync(Session session, Trade trade, List<WhyCost> costs, List<WhyGap> gaps)
    {
        var paid = costs.FindAll(static one => one.EstimatedCost is not null);
        var result = new WhyResult(trade.Status, trade.IsClosed ? trade.Pnl : null,
            trade is { IsClosed: true, Timestamp: { } opened, ClosedAt: { } closed } ? (closed - opened).TotalSeconds : null, SumOf(paid),
            costs.Count(static one => one.Unpriced), null, null);
        return result is { Pnl: { } pnl, AiCost: { } spent } ? await AfterAsync(session, trade, pnl, spent, paid, result, gaps) : result;
    }

    /// <summary>
    /// Takes the costs, which are in dollars, off the pnl. Where the trade settles in something else, both are converted to the reporting
    /// currency: the pnl at the price of its close, each cost at that of its time (docs/metrics.md, "Which money").
    /// </summary>
    private async ValueTask<WhyResult> AfterAsync(
        Session session, Trade trade, decimal pnl, decimal spent, List<WhyCost> costs, WhyResult result, List<WhyGap> gaps)
    {
        var asset = units.Of(trade.SettleAsset);
        if (units.UnitOf(asset) == units.UnitOf(SettleAsset.Reporting))
        {
            return result with { PnlAfterAi = default(MoneySum).Plus(pnl).Plus(-spent).Value, Currency = asset };
        }

        var rates = new AssetPrices(units);
        var at = trade.ClosedAt ?? trade.Timestamp ?? DateTimeOffset.MinValue;
        var now = clock.GetUtcNow();
        await rates.FindAsync(session, costs.Select(cost => ((string?)SettleAsset.Reporting, cost.Timestamp ?? at)).Append((asset, at)), now);
        var (after, missing) = (default(MoneySum), new MissingPrices());
        Add(pnl, asset, at, "trade");
        costs.ForEach(cost => Add(-cost.EstimatedCost!.Value, SettleAsset.Reporting, cost.Timestamp ?? at, "cost"));
        if (missing.Any)
        {
            gaps.Add(new("pnl_after_ai", $"What is left after the costs of AI is not known in {units.Reporting}: {missing.Sentence(units.Reporting)}."));
        }

        return result with { PnlAfterAi = missing.Any ? null : after.Value, Currency = units.Reporting };

        void Add(decimal amount, string of, DateTimeOffset time, string what)
        {
            if (rates.ValueOf(amount, of, time) is { } worth)
            {
                after = after.Plus(worth);
            }
            else
            {
                missing.Add(units.UnitOf(of), what);
            }
        }
    }
}

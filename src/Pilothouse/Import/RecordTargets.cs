using Pilothouse.Analysis;
using Pilothouse.Bots;
using Pilothouse.Candles;
using Pilothouse.CashFlows;
using Pilothouse.Correlation;
using Pilothouse.Costs;
using Pilothouse.MarketContext;
using Pilothouse.Models;
using Pilothouse.News;
using Pilothouse.Signals;
using Pilothouse.Trades;

namespace Pilothouse.Import;

/// <summary>Every table that records can be imported into.</summary>
internal sealed class RecordTargets
{
    private readonly Dictionary<string, RecordTarget> byTable;

    public RecordTargets(TimeProvider clock)
    {
        var candles = new CandleService(clock);
        var flows = new CashFlowService(clock);
        var costs = new CostService(new ModelPriceService(clock), clock);
        RecordTarget[] all =
        [
            new TradeTarget(new TradeMirror(clock)) { Name = "trades" },
            new RecordTarget<NewSignal>(SignalStore.Table, SignalJson.Default.NewSignal, new SignalService(clock).RecordAsync) { Name = "signals" },
            new RecordTarget<NewCandle>(CandleStore.Table, CandleJson.Default.NewCandle, candles.RecordAsync)
            {
                Name = "candles",

                // A candle takes the place of the one of its time anyway.
                Replace = static (_, _, _, _, _) => new(false),
            },
            new RecordTarget<NewCashFlow>(CashFlowStore.Table, CashFlowJson.Default.NewCashFlow,
                async (session, caller, flow) => (await flows.RecordAsync(session, caller, flow)).Flow.Id) { Name = "cash-flows" },
            new RecordTarget<NewBotStatus>(BotStore.Table, BotJson.Default.NewBotStatus,
                (session, caller, status) => BotStore.Table.InsertAsync(session, caller, status, clock.GetUtcNow())) { Name = "bot-status" },
            new RecordTarget<NewMarketSnapshot>(MarketContextStore.Table, MarketContextJson.Default.NewMarketSnapshot, new MarketContextService(clock).RecordAsync) { Name = "market-context" },
            new RecordTarget<NewChartAnalysis>(AnalysisStore.Table, AnalysisJson.Default.NewChartAnalysis, new AnalysisService(clock).RecordAsync) { Name = "analysis" },
            new RecordTarget<NewCorrelation>(CorrelationStore.Table, CorrelationJson.Default.NewCorrelation, new CorrelationService(clock).RecordAsync)
            {
                Name = "correlation",
                Complete = static one => one with { Strength = one.Strength ?? NewCorrelation.StrengthOf(one.CorrelationValue!.Value) },
            },
            new RecordTarget<NewApiCost>(CostStore.Table, CostJson.Default.NewApiCost,
                async (session, caller, use) => (await costs.RecordAsync(session, caller, use)).Id) { Name = "cost-analytics", Replace = costs.ReplaceAsync },
            new RecordTarget<NewModelCheckpoint>(ModelStore.Table, ModelJson.Default.NewModelCheckpoint, new ModelService(clock).RecordAsync) { Name = "models" },
            new RecordTarget<NewNewsArticle>(NewsStore.Table, NewsJson.Default.NewNewsArticle, new NewsService(clock).RecordAsync) { Name = "news" },
        ];
        All = all;
        byTable = all.ToDictionary(static target => target.Table.Name);
    }

    public IReadOnlyList<RecordTarget> All { get; }

    /// <summary>The target with this table.</summary>
    public RecordTarget Of(string table) => byTable[table];
}

using System.Text.Json.Serialization.Metadata;
using Pilothouse.Contract;
using Pilothouse.Models;
using Pilothouse.Operations;
using Pilothouse.Signals;
using Pilothouse.Storage;

namespace Pilothouse.Scorecard;

/// <summary>The operations on what became of signals, and of the models that gave them.</summary>
internal sealed class ScorecardFeature : Feature
{
    private static readonly Choices Ranks = new("win_rate", "avg_return", "sqn");

    private static readonly QueryShape ScoreQuery = new(
        QueryParameter.OneOf("by", "By what the signals are split.", ScoreMaker.Splits, "type"),
        QueryParameter.Pair,
        QueryParameter.OneOf("signal_type", "Only this type.", NewSignal.Types),
        QueryParameter.Text("strategy", "Only of this strategy."),
        QueryParameter.Text("model", "Only of this model."),
        QueryParameter.BotName,
        QueryParameter.From with { Description = "Only signals from this time on, inclusive." },
        QueryParameter.To with { Description = "Only signals up to this time, inclusive; a date alone means the end of that day." });

    private static readonly QueryShape BestQuery = new(
        QueryParameter.OneOf("by", "By which figure of the trades that followed.", Ranks, "win_rate"),
        new QueryParameter("min_n", QueryKind.Whole, "Only models with so many closed trades at least, of those that the figure is of.") { Least = 1, Most = 1_000_000, Default = "30" },
        QueryParameter.MostOf("models"));

    public override string Tag => "Scorecard";

    public override string About => "What became of signals, and which model is best.";

    public override IJsonTypeInfoResolver Json => ScorecardJson.Default;

    public override void AddServices(IServiceCollection services) => services.AddSingleton<ScoreLedger>();

    public override IEnumerable<Operation> Operations(IServiceProvider parts)
    {
        var ledger = parts.GetRequiredService<ScoreLedger>();
        var database = parts.GetRequiredService<Database>();
        yield return new FreshRead<One<SignalScorecard>>("signalScorecard", "GET /api/performance/signals", "What became of signals: right against the base rate",
            (call, query) =>
            {
                var question = new ScoreQuestion(
                    query.Text("by")!, query.Time("from_date"), query.Time("to_date"), query.Text("trading_pair"), query.Text("signal_type"), query.Text("strategy"),
                    query.Text("model"), query.Text("bot_name"));
                return ledger.AnswerAsync(question, (book, judgedAt) =>
                    JsonText.Utf8(new One<SignalScorecard>(true, ScoreMaker.Make(book, question, judgedAt)), ScorecardJson.Default.OneSignalScorecard), call.Cancel);
            })
        { Query = ScoreQuery, PerMinute = 100 };

        yield return new FreshRead<One<BestModels>>("bestModels", "GET /api/models/best", "Models by the trades that followed their signals, the best first",
            ScorecardJson.Default.OneBestModels, async (call, query) =>
            {
                var scores = await ledger.ReadAsync(static (book, judgedAt) => ScoreMaker.Make(book, new("model"), judgedAt).Groups, call.Cancel);
                return new(true, await RankAsync(database, scores, query, call.Cancel));
            })
        { Query = BestQuery, PerMinute = 100 };
    }

    private static async ValueTask<BestModels> RankAsync(Database database, IReadOnlyList<SignalScore> scores, QueryValues query, CancellationToken cancel)
    {
        var (by, least) = (query.Text("by")!, query.Whole("min_n"));
        double? Rank(SignalScore score) => by switch { "avg_return" => score.Trades.AvgReturn, "sqn" => score.Trades.Sqn, _ => score.Trades.WinRate };
        long CountOf(SignalScore score) => by == "win_rate" ? score.Trades.Trades : score.Trades.Returns;
        var models = scores.Where(static score => score.Key is not null).ToList();
        List<SignalScore> ranked = [.. models.Where(score => CountOf(score) >= least && Rank(score) is not null)
            .OrderByDescending(Rank).ThenByDescending(CountOf).ThenBy(static score => score.Key, StringComparer.Ordinal)];
        var shown = await database.ReadAsync(async session =>
        {
            var results = new List<ModelResult>();
            foreach (var score in ranked.Take((int?)query.Number("limit") ?? ranked.Count))
            {
                results.Add(new(score.Key!, CountOf(score), score.Trades.WinRate, score.Trades.AvgReturn, score.Trades.Sqn, score,
                    await ModelStore.NewestAsync(session, score.Key!)));
            }

            return results;
        }, cancel);
        return new(by, least, shown, models.Count - ranked.Count);
    }
}

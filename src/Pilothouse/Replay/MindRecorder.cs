using System.Text.Json.Serialization.Metadata;

namespace Pilothouse.Replay;

/// <summary>
/// Sends what the agents decide, detect and write. Tokens are sent without a cost, so that the server prices them. What becomes of a decision
/// or a spike is sent as a change of it; sending it again changes nothing.
/// </summary>
internal sealed class MindRecorder(ReplayClient client, ReplayMarks marks, ReplayTally tally)
{
    /// <summary>The version of the model that gives the signals: the rules of docs/metrics.md.</summary>
    public const string Model = "indicator-score-1";

    private const string Source = "pilothouse-replay";

    /// <summary>Before any candle that there is.</summary>
    private static readonly DateTimeOffset PricesFrom = new(2009, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>News of a replay that ends now is shown for so long. One that is replayed as recorded is old, and would never be shown.</summary>
    private static readonly TimeSpan NewsShown = TimeSpan.FromDays(4);

    private readonly Dictionary<string, List<long>> wanted = new(StringComparer.Ordinal);
    private readonly Dictionary<SeenSpike, (long Spike, long Decision)> spikes = [];

    /// <summary>Stores the made-up prices of the models that the replay names, where the server knows none for a time.</summary>
    /// <param name="begin">The time from which on they are needed, as recorded.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task StorePricesAsync(DateTimeOffset begin, CancellationToken cancellationToken)
    {
        foreach (var rate in ModelMeter.Rates)
        {
            if (!(await client.FindPricesAsync(rate.Model, cancellationToken)).Any(from => from <= marks.Shown(begin)))
            {
                await client.PostAsync(
                    "/api/model-prices", $"replay:price:{rate.Model}", new ModelPriceBody(rate.Model, PricesFrom, rate.Input, rate.Output, rate.Cached, ModelMeter.Note),
                    MindJson.Default.ModelPriceBody, cancellationToken);
            }
        }
    }

    /// <summary>Says whether a signal was traded.</summary>
    public Task SettleAsync(long signal, bool isTraded, CancellationToken cancellationToken) => client.ChangeAsync(
        FormattableString.Invariant($"/api/signals/{signal}"), new SignalStatusBody(isTraded ? "executed" : "skipped"), MindJson.Default.SignalStatusBody, cancellationToken);

    /// <summary>Sends the checkpoint of the model of the signals, with what its trades came to.</summary>
    public Task RecordModelAsync(StatusReported last, CancellationToken cancellationToken) => PostAsync(
        "/api/models", marks.Key("model", "all", last.At),
        new CheckpointBody(
            marks.Shown(last.At), "replay/indicator-score", Model, last.Trades, last.WinRatePercent, "The rules of the sample bot (docs/metrics.md): nothing was trained.", marks.BotName),
        MindJson.Default.CheckpointBody, cancellationToken);

    /// <summary>Sends what the agents decided about a signal.</summary>
    public async Task RecordAsync(DecisionsMade made, long signalId, CancellationToken cancellationToken)
    {
        var ids = await DecideAsync(
            marks.Key("decisions", made.Pair, made.At), [.. made.Opinions.Select(one => Body(one, made.At, null, signalId))], cancellationToken);
        wanted[made.Pair] = [.. ids.Where((_, i) => made.Opinions[i].Opinion.LeadsToTrade)];
        await UseAsync(
            marks.Key("tokens", made.Pair, made.At), [.. made.Opinions.Select((one, i) => Body(one.Use, made.At, ids[i]))], cancellationToken);
    }

    /// <summary>Names the trade that the last decisions of a pair led to.</summary>
    public async Task LinkAsync(string pair, long tradeId, CancellationToken cancellationToken)
    {
        foreach (var id in wanted[pair])
        {
            await LinkAsync(id, tradeId, cancellationToken);
        }
    }

    public async Task RecordAsync(SpikeDetected detected, CancellationToken cancellationToken)
    {
        const string Path = "/api/spikes";
        var spike = detected.Spike;
        var stored = await PostAsync(
            Path, marks.Key($"spike-{spike.Type}", spike.Pair, spike.At),
            new SpikeBody(
                marks.Shown(spike.At), spike.Pair, spike.Type, spike.IsPump ? "pump" : "dump", spike.MagnitudePercent, spike.Minutes, spike.VolumeMultiplier,
                spike.PriceFrom, spike.PriceTo, spike.Confidence, spike.LatencyMs, spike.Detector, marks.BotName),
            MindJson.Default.SpikeBody, cancellationToken);
        spikes[spike] = (stored.SpikeId ?? throw ReplayRecorder.WithoutId(Path), 0);
    }

    public async Task RecordAsync(SpikeAnalyzed analyzed, CancellationToken cancellationToken)
    {
        var (spike, id) = (analyzed.Spike, spikes[analyzed.Spike].Spike);
        var decision = (await DecideAsync(
            marks.Key($"spike-decision-{spike.Type}", spike.Pair, spike.At), [Body(analyzed.Analysis, spike.At, id, null)], cancellationToken))[0];
        spikes[spike] = (id, decision);
        await UseAsync(
            marks.Key($"spike-tokens-{spike.Type}", spike.Pair, spike.At), [Body(analyzed.Analysis.Use, spike.At, decision)], cancellationToken);
        await StepAsync(id, new("analyzed", ContextAnalysis: analyzed.Context, RiskAssessment: analyzed.Risk), cancellationToken);
    }

    /// <summary>Sends how the way of a spike has ended.</summary>
    /// <param name="settled">The end.</param>
    /// <param name="tradeId">The trade of the spike; null if it was skipped.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task RecordAsync(SpikeSettled settled, long? tradeId, CancellationToken cancellationToken)
    {
        var (spike, decision) = spikes[settled.Spike];
        await StepAsync(spike, tradeId is { } trade ? new("traded", TradeId: trade) : new("skipped", settled.SkipReason), cancellationToken);
        if (tradeId is { } led)
        {
            await LinkAsync(decision, led, cancellationToken);
        }
    }

    public async Task RecordAsync(ArticleWritten article, CancellationToken cancellationToken)
    {
        var at = marks.Shown(article.At);
        await PostAsync(
            "/api/news", marks.Key("news", article.Name, article.At),
            new ArticleBody(
                at, $"https://replay.invalid/{marks.BotName}/{marks.Of(article.At)}/{article.Name}", article.Title, article.Sentiment, article.Confidence,
                marks.Times.End is null ? null : at + NewsShown, Source, at, article.Assets),
            MindJson.Default.ArticleBody, cancellationToken);
        await UseAsync(marks.Key("news-tokens", article.Name, article.At), [Body(article.Use, article.At, null)], cancellationToken);
    }

    private Task LinkAsync(long decision, long trade, CancellationToken cancellationToken) => client.ChangeAsync(
        FormattableString.Invariant($"/api/agents/decisions/{decision}"), new DecisionLinkBody(trade), MindJson.Default.DecisionLinkBody, cancellationToken);

    private Task StepAsync(long spike, SpikeStepBody step, CancellationToken cancellationToken) => client.ChangeAsync(
        FormattableString.Invariant($"/api/spikes/{spike}"), step, MindJson.Default.SpikeStepBody, cancellationToken);

    /// <returns>The ids of the decisions.</returns>
    private async Task<IReadOnlyList<long>> DecideAsync(string key, IReadOnlyList<DecisionBody> decisions, CancellationToken cancellationToken)
    {
        const string Path = "/api/agents/decisions/batch";
        var stored = await PostAsync(Path, key, new DecisionsBody(decisions), MindJson.Default.DecisionsBody, cancellationToken);
        return stored.Ids is { } ids && ids.Count == decisions.Count ? ids : throw ReplayRecorder.WithoutId(Path);
    }

    private Task<ServerAnswer> UseAsync(string key, IReadOnlyList<TokensBody> uses, CancellationToken cancellationToken) =>
        PostAsync("/api/cost-analytics/batch", key, new TokensListBody(uses), MindJson.Default.TokensListBody, cancellationToken);

    private async Task<ServerAnswer> PostAsync<T>(
        string path, string key, T body, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        var posted = await client.PostAsync(path, key, body, type, cancellationToken);
        tally.CountPost(posted.Existed);
        return posted.Answer;
    }

    private DecisionBody Body(PaidOpinion paid, DateTimeOffset at, long? spikeId, long? signalId)
    {
        var opinion = paid.Opinion;
        return new(
            marks.Shown(at), opinion.Agent, opinion.Role, opinion.Type, opinion.Decision, opinion.Confidence, opinion.Reasoning, opinion.Inputs, opinion.Outputs,
            paid.Use.Milliseconds, spikeId, signalId, marks.BotName);
    }

    private TokensBody Body(ModelUse use, DateTimeOffset at, long? decisionId) => new(
        marks.Shown(at), ModelMeter.Api, use.Operation, use.IsFromCache ? 0 : 1, use.IsFromCache ? 1 : 0, use.IsFromCache ? 0 : 1, marks.BotName, use.Model,
        use.IsFromCache ? null : use.InputTokens, use.IsFromCache ? null : use.OutputTokens, use.IsFromCache ? null : use.CachedTokens, decisionId);
}

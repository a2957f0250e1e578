using System.Globalization;
using System.Text.Json.Serialization.Metadata;

namespace Pilothouse.Replay;

/// <summary>
/// Sends the bot's actions to the server one after the other, so that they get the same ids in every new database. The Idempotency-Key of a
/// record is made of its content (bot, kind, pair, time, end of the run): running the same replay again within the 24 hours for which the
/// server keeps keys stores nothing twice.
/// </summary>
internal sealed class ReplayRecorder(ReplayClient client, ReplayMarks marks, ReplayTally tally, MindRecorder minds, TimeProvider time)
{
    /// <summary>What it promises: four times as long as a pulse, because a request may wait.</summary>
    private const int ExpectedEverySeconds = 60;

    public const string DefaultBotName = "replay_bot";
    private const string Timeframe = "1m";
    private const string Strategy = "indicator-score";
    public const string Mode = "paper";
    private readonly Dictionary<string, long> signalIds = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> tradeIds = new(StringComparer.Ordinal);

    private readonly LifeSigns life = new(time, marks.Times.End is not null);
    private bool hasPulse;

    /// <summary>What the owner asks of the bot, by the newest answer.</summary>
    public AskedOfBot? Orders { get; private set; }

    /// <summary>Why the circuit breaker lets no trade pass; null if it does.</summary>
    public string? Halt { get; private set; }

    /// <summary>How long it is until the bot listens to its owner again and shows that it lives, if no report comes before.</summary>
    public TimeSpan UntilPulse => life.UntilNext;

    /// <summary>Asks what the owner wants of the bot.</summary>
    public async Task AskAsync(CancellationToken cancellationToken)
    {
        Orders = await client.FindOrdersAsync(marks.BotName, cancellationToken) ?? Orders;
        life.Listened();
    }

    /// <summary>
    /// Reports that the bot runs, with the time at which the replay will end. This stays the bot's newest report until its last one, so a
    /// later run finds this one even if it was interrupted. It has no balance, because the first balance belongs to the beginning of the
    /// replay. A run that goes on with an earlier one has announced it already; where it has not, that was done with another API key, and the
    /// server would store all of it a second time.
    /// </summary>
    public async Task AnnounceAsync(CancellationToken cancellationToken)
    {
        if (marks.Times.End is not { } end)
        {
            return;
        }

        var stored = tally.Stored;
        await PostAsync(
            "/api/bot-status", marks.Key("begin", "all", end - marks.Times.Shift),
            new StatusBody(end, marks.BotName, "running", null, null, null, null, null, Mode, marks.Times.About, ExpectedEverySeconds), ReplayJson.Default.StatusBody, cancellationToken);
        if (marks.Times.IsOfEarlierRun && tally.Stored > stored)
        {
            var now = time.GetUtcNow();
            await PostAsync(
                "/api/bot-status", string.Create(CultureInfo.InvariantCulture, $"replay:{marks.BotName}:ended:{now.UtcTicks}"),
                new StatusBody(now, marks.BotName, "stopped", null, null, null, null, null, Mode, marks.Times.AboutNow, null), ReplayJson.Default.StatusBody, cancellationToken);
            throw new ReplayFailure(
                $"{marks.BotName} has replayed these candles with another API key before, and its records would be stored twice. Set PILOTHOUSE_API_KEY to that key to go on, or let another bot replay them: --bot-name {marks.BotName}_2.");
        }
    }

    /// <summary>Sends candles, in the order of time. They are the same whoever sends them, and take the place of those that are there.</summary>
    public async Task RecordAsync(IReadOnlyList<MinuteCandle> candles, CancellationToken cancellationToken)
    {
        tally.Count(candles);
        await PostAsync(
            "/api/candles/batch", marks.Key($"candles-{candles.Count}", "all", candles[0].Time),
            new CandlesBody([.. candles.Select(candle => new CandleBody(
                candle.Pair, Timeframe, marks.Shown(candle.Time), candle.Open, candle.High, candle.Low, candle.Close, candle.Volume))]),
            ReplayJson.Default.CandlesBody, cancellationToken);
    }

    /// <summary>
    /// Reports with the time of the clock: the other reports have times of the replay, which do not show that the bot lives. A replay that
    /// takes a few seconds makes no such report. A bot that replays the candles' own times is of the past, and only asks what its owner wants.
    /// </summary>
    public async Task ShowLifeAsync(StatusReported status, CancellationToken cancellationToken)
    {
        if (marks.Times.End is null)
        {
            await AskAsync(cancellationToken);
            return;
        }

        hasPulse = true;
        var now = time.GetUtcNow();
        await PostAsync(
            "/api/bot-status", string.Create(CultureInfo.InvariantCulture, $"replay:{marks.BotName}:pulse:{now.UtcTicks}"),
            BotBodies.Of(marks, status, now, marks.Times.AboutNow, ExpectedEverySeconds), ReplayJson.Default.StatusBody, cancellationToken);
    }

    /// <summary>Tells the server that the bot has heard a control, or has done it.</summary>
    public Task AnswerAsync(long controlSeq, bool isDone, CancellationToken cancellationToken) => PostAsync(
        $"/api/bots/{marks.BotName}/control/heard",
        string.Create(CultureInfo.InvariantCulture, $"replay:{marks.BotName}:{(isDone ? "done" : "heard")}:{controlSeq}:{time.GetUtcNow().UtcTicks}"),
        new ControlAckBody(controlSeq, isDone), ReplayJson.Default.ControlAckBody, cancellationToken);

    /// <summary>Asks whether the circuit breaker lets trades pass again.</summary>
    public async Task AskBreakerAsync(CancellationToken cancellationToken) =>
        Halt = await client.MayTradeAsync(marks.BotName, Mode, cancellationToken) ? null : Halt;

    /// <summary>Sends an action.</summary>
    /// <returns>False if the circuit breaker refused the trade.</returns>
    public async Task<bool> RecordAsync(BotAction action, CancellationToken cancellationToken)
    {
        if (action is TradeOpened opening)
        {
            return await RecordTradeAsync(opening, cancellationToken);
        }

        tally.Count(action);
        switch (action)
        {
            case SignalRaised signal:
                var raised = await PostAsync(
                    "/api/signals", marks.Key("signal", signal.Pair, signal.At), BotBodies.Of(marks, signal, Strategy, Timeframe), ReplayJson.Default.SignalBody,
                    cancellationToken);
                signalIds[signal.Pair] = raised.SignalId ?? throw WithoutId("/api/signals");
                break;
            case TradeClosed trade:
                // The key contains the time at which the trade was opened, because two trades may close in the same minute.
                await PostAsync(
                    $"/api/trades/{tradeIds[trade.Position.Pair]}/close", marks.Key("close", trade.Position.Pair, trade.Position.OpenedAt),
                    new CloseBody(trade.ExitPrice, marks.Shown(trade.At), trade.Fees, trade.Reason), ReplayJson.Default.CloseBody,
                    cancellationToken);
                break;
            case MarketSeen market:
                await PostAsync(
                    "/api/market-context", marks.Key("market", "all", market.At),
                    new MarketContextBody(
                        marks.Shown(market.At), market.BtcPrice, market.BtcChangePercent, market.EthPrice, market.EthChangePercent),
                    ReplayJson.Default.MarketContextBody, cancellationToken);
                break;
            case StatusReported status:
                await (status.IsLast ? minds.RecordModelAsync(status, cancellationToken) : Task.CompletedTask);
                await PostAsync(
                    "/api/bot-status", marks.Key(status.IsLast ? "last-status" : "status", "all", status.At),
                    BotBodies.Of(marks, status, marks.Shown(status.At), marks.Times.About, null), ReplayJson.Default.StatusBody, cancellationToken);
                if (status.IsLast && (hasPulse || marks.Shown(status.At) < marks.Times.End))
                {
                    // The newest report must be the one that says that the bot has stopped. One that was stopped on the way stands before the end of the run, which it has announced.
                    await ShowLifeAsync(status, cancellationToken);
                }

                break;
            case DecisionsMade decisions:
                await minds.RecordAsync(decisions, signalIds[decisions.Pair], cancellationToken);
                break;
            case SpikeDetected detected:
                await minds.RecordAsync(detected, cancellationToken);
                break;
            case SpikeAnalyzed analyzed:
                await minds.RecordAsync(analyzed, cancellationToken);
                break;
            case SpikeSettled settled:
                await minds.RecordAsync(settled, settled.SkipReason is null ? tradeIds[settled.Spike.Pair] : null, cancellationToken);
                break;
            case ArticleWritten article:
                await minds.RecordAsync(article, cancellationToken);
                break;
            default:
                throw new InvalidOperationException($"Nobody records {action.GetType().Name}.");
        }

        return true;
    }

    private async Task<bool> RecordTradeAsync(TradeOpened trade, CancellationToken cancellationToken)
    {
        var (position, reading) = (trade.Position, trade.Reading);
        var (pair, at) = (position.Pair, position.OpenedAt);
        var side = position.IsLong ? "BUY" : "SELL";
        var signalId = signalIds[pair];
        await PostAsync(
            "/api/analysis", marks.Key("analysis", pair, at),
            new AnalysisBody(
                marks.Shown(at), pair, Timeframe, side, Observations.Confidence(reading), Observations.Describe(reading), signalId, marks.BotName),
            ReplayJson.Default.AnalysisBody, cancellationToken);

        // The analysis is computed here, so it costs nothing and uses no cache.
        await PostAsync(
            "/api/cost-analytics", marks.Key("cost", pair, at),
            new CostBody(marks.Shown(at), "local-analysis", "chart_analysis", 1, 0, 0, 0, marks.BotName),
            ReplayJson.Default.CostBody, cancellationToken);
        var opened = await PostAsync(
            "/api/trades", marks.Key("trade", pair, at),
            new TradeBody(
                marks.Shown(at), pair, side, position.EntryPrice, position.Quantity, position.StopLoss, position.TakeProfit, signalId, 1,
                "one-way", Mode, marks.BotName, marks.ExternalId(pair, at)),
            ReplayJson.Default.TradeBody, cancellationToken);
        await minds.SettleAsync(signalId, opened.Code != ReplayClient.Halted, cancellationToken);
        if (opened.Code == ReplayClient.Halted)
        {
            return false;
        }

        tradeIds[pair] = opened.TradeId ?? throw WithoutId("/api/trades");
        tally.Count(trade);
        await minds.LinkAsync(pair, tradeIds[pair], cancellationToken);
        return true;
    }

    private async Task<ServerAnswer> PostAsync<T>(
        string path, string key, T body, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        var posted = await client.PostAsync(path, key, body, type, cancellationToken);
        if (posted.IsHalted)
        {
            Halt = posted.Answer.Message ?? "no reason was given";
            return posted.Answer;
        }

        tally.CountPost(posted.Existed);
        if (body is StatusBody)
        {
            life.Listened();
            if (body is StatusBody { ExpectedEverySeconds: not null })
            {
                life.Shown();
            }

            if (posted.Existed)
            {
                // A kept answer says what was asked when the record was sent first.
                await AskAsync(cancellationToken);
            }
            else
            {
                Orders = posted.Answer.Control ?? Orders;
            }
        }

        return posted.Answer;
    }

    public static ReplayFailure WithoutId(string path) =>
        new($"The server's answer to POST {path} has no id. Name the address of a Pilothouse server of this version with --server.");
}

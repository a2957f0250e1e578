using System.Globalization;
using System.Text.Json.Serialization.Metadata;

namespace Pilothouse.Replay;

/// <summary>
/// Sends the bot's actions to the server one after the other, so that they get the same ids in every new database. The Idempotency-Key of a
/// record is made of its content (bot, kind, pair, time, end of the run): running the same replay again within the 24 hours for which the
/// server keeps keys stores nothing twice.
/// </summary>
internal sealed class ReplayRecorder(ReplayClient client, string botName, ReplayTimes times, TimeProvider time)
{
    /// <summary>How often the bot shows that it lives, or asks what its owner wants, while it replays old times.</summary>
    public static readonly TimeSpan Pulse = TimeSpan.FromSeconds(15);

    /// <summary>What it promises: four times as long, because a request may wait.</summary>
    private const int ExpectedEverySeconds = 60;

    public const string DefaultBotName = "replay_bot";
    private const string Timeframe = "1m";
    private const string Strategy = "indicator-score";
    private const string Mode = "paper";
    private readonly Dictionary<string, long> signalIds = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> tradeIds = new(StringComparer.Ordinal);

    private long reported = time.GetTimestamp();
    private bool hasPulse;

    public ReplayTally Tally { get; } = new();

    /// <summary>What the owner asks of the bot, by the newest answer.</summary>
    public AskedOfBot? Orders { get; private set; }

    /// <summary>Why the circuit breaker lets no trade pass; null if it does.</summary>
    public string? Halt { get; private set; }

    /// <summary>How long it is until the bot listens to its owner again, if no report comes before.</summary>
    public TimeSpan UntilPulse => Pulse - time.GetElapsedTime(reported);

    /// <summary>Asks what the owner wants of the bot.</summary>
    public async Task AskAsync(CancellationToken cancellationToken)
    {
        Orders = await client.FindOrdersAsync(botName, cancellationToken) ?? Orders;
        reported = time.GetTimestamp();
    }

    /// <summary>
    /// Reports that the bot runs, with the time at which the replay will end. This stays the bot's newest report until its last one, so a
    /// later run finds this one even if it was interrupted. It has no balance, because the first balance belongs to the beginning of the
    /// replay.
    /// </summary>
    public async Task AnnounceAsync(CancellationToken cancellationToken)
    {
        if (times.End is { } end)
        {
            await PostAsync(
                "/api/bot-status", Key("begin", "all", end - times.Shift),
                new StatusBody(end, botName, "running", null, null, null, null, null, Mode, times.About, ExpectedEverySeconds), ReplayJson.Default.StatusBody, cancellationToken);
        }
    }

    /// <summary>Sends candles, in the order of time. They are the same whoever sends them, and take the place of those that are there.</summary>
    public async Task RecordAsync(IReadOnlyList<MinuteCandle> candles, CancellationToken cancellationToken)
    {
        Tally.Count(candles);
        await PostAsync(
            "/api/candles/batch", Key($"candles-{candles.Count}", "all", candles[0].Time),
            new CandlesBody([.. candles.Select(candle => new CandleBody(
                candle.Pair, Timeframe, Shown(candle.Time), candle.Open, candle.High, candle.Low, candle.Close, candle.Volume))]),
            ReplayJson.Default.CandlesBody, cancellationToken);
    }

    /// <summary>
    /// Reports with the time of the clock: the other reports have times of the replay, which do not show that the bot lives. A replay that
    /// takes a few seconds makes no such report. A bot that replays the candles' own times is of the past, and only asks what its owner wants.
    /// </summary>
    public async Task ShowLifeAsync(StatusReported status, CancellationToken cancellationToken)
    {
        if (times.End is null)
        {
            await AskAsync(cancellationToken);
            return;
        }

        hasPulse = true;
        var now = time.GetUtcNow();
        await PostAsync(
            "/api/bot-status", string.Create(CultureInfo.InvariantCulture, $"replay:{botName}:pulse:{now.UtcTicks}"),
            Body(status, now, times.AboutNow, ExpectedEverySeconds), ReplayJson.Default.StatusBody, cancellationToken);
    }

    /// <summary>Tells the server that the bot has heard a control, or has done it.</summary>
    public Task AnswerAsync(long controlSeq, bool isDone, CancellationToken cancellationToken) => PostAsync(
        $"/api/bots/{botName}/control/heard",
        string.Create(CultureInfo.InvariantCulture, $"replay:{botName}:{(isDone ? "done" : "heard")}:{controlSeq}:{time.GetUtcNow().UtcTicks}"),
        new ControlAckBody(controlSeq, isDone), ReplayJson.Default.ControlAckBody, cancellationToken);

    /// <summary>Asks whether the circuit breaker lets trades pass again.</summary>
    public async Task AskBreakerAsync(CancellationToken cancellationToken) =>
        Halt = await client.MayTradeAsync(botName, Mode, cancellationToken) ? null : Halt;

    /// <summary>Sends an action.</summary>
    /// <returns>False if the circuit breaker refused the trade.</returns>
    public async Task<bool> RecordAsync(BotAction action, CancellationToken cancellationToken)
    {
        if (action is TradeOpened opening)
        {
            return await RecordTradeAsync(opening, cancellationToken);
        }

        Tally.Count(action);
        switch (action)
        {
            case SignalRaised signal:
                var raised = await PostAsync(
                    "/api/signals", Key("signal", signal.Pair, signal.At), Body(signal), ReplayJson.Default.SignalBody,
                    cancellationToken);
                signalIds[signal.Pair] = raised.SignalId ?? throw WithoutId("/api/signals");
                break;
            case TradeClosed trade:
                // The key contains the time at which the trade was opened, because two trades may close in the same minute.
                await PostAsync(
                    $"/api/trades/{tradeIds[trade.Position.Pair]}/close", Key("close", trade.Position.Pair, trade.Position.OpenedAt),
                    new CloseBody(trade.ExitPrice, Shown(trade.At), trade.Fees, trade.Reason), ReplayJson.Default.CloseBody,
                    cancellationToken);
                break;
            case MarketSeen market:
                await PostAsync(
                    "/api/market-context", Key("market", "all", market.At),
                    new MarketContextBody(
                        Shown(market.At), market.BtcPrice, market.BtcChangePercent, market.EthPrice, market.EthChangePercent),
                    ReplayJson.Default.MarketContextBody, cancellationToken);
                break;
            case StatusReported status:
                await PostAsync(
                    "/api/bot-status", Key(status.IsLast ? "last-status" : "status", "all", status.At),
                    Body(status, Shown(status.At), times.About, null), ReplayJson.Default.StatusBody, cancellationToken);
                if (status.IsLast && hasPulse)
                {
                    // The newest report must be the one that says that the bot has stopped.
                    await ShowLifeAsync(status, cancellationToken);
                }

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
            "/api/analysis", Key("analysis", pair, at),
            new AnalysisBody(
                Shown(at), pair, Timeframe, side, Observations.Confidence(reading), Observations.Describe(reading), signalId, botName),
            ReplayJson.Default.AnalysisBody, cancellationToken);

        // The analysis is computed here, so it costs nothing and uses no cache.
        await PostAsync(
            "/api/cost-analytics", Key("cost", pair, at),
            new CostBody(Shown(at), "local-analysis", "chart_analysis", 1, 0, 0, 0, botName),
            ReplayJson.Default.CostBody, cancellationToken);
        var opened = await PostAsync(
            "/api/trades", Key("trade", pair, at),
            new TradeBody(
                Shown(at), pair, side, position.EntryPrice, position.Quantity, position.StopLoss, position.TakeProfit, signalId, 1,
                "one-way", Mode, botName, ExternalId(pair, at)),
            ReplayJson.Default.TradeBody, cancellationToken);
        if (opened.Code == ReplayClient.Halted)
        {
            return false;
        }

        tradeIds[pair] = opened.TradeId ?? throw WithoutId("/api/trades");
        Tally.Count(trade);
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

        Tally.CountPost(posted.Existed);
        if (body is StatusBody)
        {
            reported = time.GetTimestamp();
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

    private StatusBody Body(StatusReported status, DateTimeOffset at, string? about, int? expected) => new(
        at, botName, status.Status, PostedDigits.Of(status.Balance), status.OpenPositions, status.Trades, status.WinRatePercent, PostedDigits.Of(status.TotalPnl),
        Mode, about, expected);

    private SignalBody Body(SignalRaised signal)
    {
        var reading = signal.Reading;
        return new SignalBody(
            Shown(signal.At), signal.Pair, reading.Signal.ToString().ToUpperInvariant(), reading.Strength, signal.Price,
            PostedDigits.Of(reading.Rsi), PostedDigits.Of(reading.Macd), PostedDigits.Of(reading.MacdSignal), PostedDigits.Of(reading.MacdHistogram), PostedDigits.Of(reading.Vwap),
            PostedDigits.Of(reading.Ema9), PostedDigits.Of(reading.Ema21), PostedDigits.Of(reading.Sma50), PostedDigits.Of(reading.BollingerUpper),
            PostedDigits.Of(reading.BollingerMiddle), PostedDigits.Of(reading.BollingerLower), reading.Volume, botName, Strategy, Timeframe);
    }

    private DateTimeOffset Shown(DateTimeOffset recorded) => recorded + times.Shift;

    private string Key(string kind, string pair, DateTimeOffset recorded) => $"replay:{botName}:{kind}:{pair}:{Mark(recorded)}";

    /// <summary>
    /// Returns a recorded time, and the end of the run that shows it: runs of two days overlap, and may do the same in the same minute.
    /// </summary>
    private string Mark(DateTimeOffset recorded) => times.End is { } end
        ? string.Create(CultureInfo.InvariantCulture, $"{recorded.ToUnixTimeSeconds()}-{end.ToUnixTimeSeconds()}")
        : recorded.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);

    // External ids may have to be unique across bots, so a bot with another name adds its name.
    private string ExternalId(string pair, DateTimeOffset recorded) =>
        $"replay-{(botName == DefaultBotName ? "" : botName + "-")}{pair}-{Mark(recorded)}";

    private static ReplayFailure WithoutId(string path) =>
        new($"The server's answer to POST {path} has no id. Name the address of a Pilothouse server of this version with --server.");
}

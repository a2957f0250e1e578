using System.Globalization;
using System.Text.Json.Serialization.Metadata;

namespace Pilothouse.Replay;

/// <summary>
/// Sends the bot's actions to the server one after the other, so that they get the same ids in every new database. The Idempotency-Key of a
/// record is made of its content (bot, kind, pair, time, end of the run): running the same replay again within the 24 hours for which the
/// server keeps keys stores nothing twice.
/// </summary>
internal sealed class ReplayRecorder(ReplayClient client, string botName, ReplayTimes times)
{
    public const string DefaultBotName = "replay_bot";
    private const string Timeframe = "1m";
    private const string Strategy = "indicator-score";
    private const string Mode = "paper";
    private const int PostedDigits = 8;
    private readonly Dictionary<string, long> signalIds = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> tradeIds = new(StringComparer.Ordinal);

    public ReplayTally Tally { get; } = new();

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
                new StatusBody(end, botName, "running", null, null, null, null, null, Mode, times.About), ReplayJson.Default.StatusBody, cancellationToken);
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

    public async Task RecordAsync(BotAction action, CancellationToken cancellationToken)
    {
        Tally.Count(action);
        switch (action)
        {
            case SignalRaised signal:
                var raised = await PostAsync(
                    "/api/signals", Key("signal", signal.Pair, signal.At), Body(signal), ReplayJson.Default.SignalBody,
                    cancellationToken);
                signalIds[signal.Pair] = raised.SignalId ?? throw WithoutId("/api/signals");
                break;
            case TradeOpened trade:
                await RecordTradeAsync(trade, cancellationToken);
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
                    new StatusBody(
                        Shown(status.At), botName, status.Status, Rounded(status.Balance), status.OpenPositions, status.Trades,
                        status.WinRatePercent, Rounded(status.TotalPnl), Mode, times.About),
                    ReplayJson.Default.StatusBody, cancellationToken);
                break;
            default:
                throw new InvalidOperationException($"Nobody records {action.GetType().Name}.");
        }
    }

    private async Task RecordTradeAsync(TradeOpened trade, CancellationToken cancellationToken)
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
        tradeIds[pair] = opened.TradeId ?? throw WithoutId("/api/trades");
    }

    private async Task<ServerAnswer> PostAsync<T>(
        string path, string key, T body, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        var posted = await client.PostAsync(path, key, body, type, cancellationToken);
        Tally.CountPost(posted.Existed);
        return posted.Answer;
    }

    private SignalBody Body(SignalRaised signal)
    {
        var reading = signal.Reading;
        return new SignalBody(
            Shown(signal.At), signal.Pair, reading.Signal.ToString().ToUpperInvariant(), reading.Strength, signal.Price,
            Short(reading.Rsi), Short(reading.Macd), Short(reading.MacdSignal), Short(reading.MacdHistogram), Short(reading.Vwap),
            Short(reading.Ema9), Short(reading.Ema21), Short(reading.Sma50), Short(reading.BollingerUpper),
            Short(reading.BollingerMiddle), Short(reading.BollingerLower), reading.Volume, botName, Strategy, Timeframe);
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

    // Eight digits are enough. Adding 0 turns -0 into 0.
    private static double Short(double value) => Math.Round(value, PostedDigits) + 0.0;

    private static double? Short(double? value) => value is { } known ? Short(known) : null;

    // Sums of products have more digits than the server stores exactly, and it refuses such numbers.
    private static decimal Rounded(decimal money) => Math.Round(money, PostedDigits, MidpointRounding.AwayFromZero);

    private static ReplayFailure WithoutId(string path) =>
        new($"The server's answer to POST {path} has no id. Name the address of a Pilothouse server of this version with --server.");
}

namespace Pilothouse.Replay;

/// <summary>
/// The sample bot turns candles into actions. It is deterministic: its only clock is that of the candles, so the same candles give the same
/// actions. It starts with a balance of 10,000 in the quote currency.
/// </summary>
internal sealed class SampleBot
{
    public const decimal StartingBalance = 10_000;
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private readonly SortedDictionary<string, PairBot> pairs = new(StringComparer.Ordinal);
    private readonly MarketMemory market = new();
    private readonly ModelMeter meter = new();
    private readonly Newsroom newsroom;
    private DateTimeOffset? now;
    private DateTimeOffset reportedHour;
    private int closed;
    private int wins;
    private decimal pnl;

    public SampleBot() => newsroom = new(meter);

    /// <summary>Whether it may open trades. A bot that is paused still raises signals, and closes what it has.</summary>
    public bool MayOpen { get; set; } = true;

    /// <summary>
    /// Returns the bot's actions in one minute. <paramref name="candles"/> are those of the minute, one for each pair that was traded;
    /// minutes must come in order. The very first action is the status with the whole balance, before any trade.
    /// </summary>
    public IEnumerable<BotAction> OnMinute(IReadOnlyList<MinuteCandle> candles)
    {
        if (now is null)
        {
            reportedHour = HourOf(candles[0].Time);
            yield return Status(candles[0].Time, "running", isLast: false);
        }

        now = candles[0].Closes;
        foreach (var candle in candles)
        {
            market.Add(candle);
            foreach (var action in Pair(candle.Pair).OnCandle(candle, MayOpen))
            {
                Count(action);
                yield return action;
            }
        }

        if (HourOf(now.Value) > reportedHour)
        {
            reportedHour = HourOf(now.Value);
            if (market.At(now.Value) is { } context)
            {
                yield return context;
            }

            foreach (var article in newsroom.At(reportedHour, market))
            {
                yield return article;
            }

            yield return Status(now.Value, MayOpen ? "running" : "paused", isLast: false);
        }
    }

    /// <summary>Forgets the trade of a pair, because the server did not take it.</summary>
    public void Forget(string pair) => pairs[pair].Forget();

    /// <summary>Closes the open trades at the last price of each pair.</summary>
    public IEnumerable<BotAction> CloseAll(string reason)
    {
        foreach (var pair in pairs.Values)
        {
            if (pair.CloseNow(reason) is { } exit)
            {
                Count(exit);
                yield return exit;
            }
        }
    }

    /// <summary>Closes the open trades at the last price of each pair, or leaves them, and reports the bot as stopped.</summary>
    public IEnumerable<BotAction> OnEnd(bool leavesTrades = false)
    {
        if (now is not { } end)
        {
            yield break;
        }

        foreach (var exit in leavesTrades ? [] : CloseAll("end_of_data"))
        {
            yield return exit;
        }

        foreach (var settled in pairs.Values.SelectMany(pair => pair.OnEnd(end)))
        {
            yield return settled;
        }

        yield return Status(end, "stopped", isLast: true);
    }

    /// <summary>How the bot is doing; null before its first candle.</summary>
    public StatusReported? StatusNow() => now is { } at ? Status(at, MayOpen ? "running" : "paused", isLast: false) : null;

    private PairBot Pair(string name)
    {
        if (!pairs.TryGetValue(name, out var pair))
        {
            pairs[name] = pair = new PairBot(meter);
        }

        return pair;
    }

    private void Count(BotAction action)
    {
        if (action is TradeClosed trade)
        {
            closed++;
            wins += trade.Pnl > 0 ? 1 : 0;
            pnl += trade.Pnl;
        }
    }

    private StatusReported Status(DateTimeOffset at, string status, bool isLast) => new(
        at, status, StartingBalance + pnl, pairs.Values.Count(pair => pair.HasOpenTrade), closed,
        closed == 0 ? 0 : Math.Round(wins * 100m / closed, 4), pnl, isLast);

    private static DateTimeOffset HourOf(DateTimeOffset time) => new(time.Ticks - (time.Ticks % Hour.Ticks), TimeSpan.Zero);
}

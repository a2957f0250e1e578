namespace Pilothouse.Replay;

/// <summary>
/// The decisions of the bot for one pair. It does nothing until every indicator is defined (50 candles), because the score would be based
/// on too little before. Then it raises a signal whenever the kind of signal changes or a trade opens.
/// </summary>
internal sealed class PairBot(ModelMeter meter)
{
    private readonly PairMind mind = new(meter);
    private readonly Indicators indicators = new();
    private readonly TradeRules rules = new();
    private TradeSignal? lastSignal;
    private MinuteCandle? lastCandle;

    public bool HasOpenTrade => rules.Open is not null;

    /// <summary>Returns the actions of the bot at the close of <paramref name="candle"/>, in order.</summary>
    /// <param name="candle">The candle.</param>
    /// <param name="mayOpen">Whether it may open trades. If not, it still raises signals and closes.</param>
    public IEnumerable<BotAction> OnCandle(MinuteCandle candle, bool mayOpen)
    {
        lastCandle = candle;
        var reading = indicators.Add(candle);
        if (rules.OnPrices(candle) is { } exit)
        {
            mind.Note(exit);
            yield return exit;
        }

        foreach (var action in mind.OnCandle(candle, reading, rules.Open))
        {
            yield return action;
        }

        if (reading.Sma50 is null)
        {
            yield break;
        }

        var signal = reading.Signal;
        var opens = mayOpen && rules.WouldOpen(signal);
        if (opens || signal != lastSignal)
        {
            lastSignal = signal;
            yield return new SignalRaised(candle.Closes, candle.Pair, candle.Close, reading, opens);
        }

        if (rules.OnSignal(candle, signal) is { } reversed)
        {
            mind.Note(reversed);
            yield return reversed;
        }

        if (opens)
        {
            yield return mind.Decide(candle, reading);
            yield return new TradeOpened(rules.Enter(candle, signal), reading);

            // The server may have refused it.
            foreach (var settled in rules.Open is { } made ? mind.OnOpened(made) : [])
            {
                yield return settled;
            }
        }
    }

    /// <summary>Returns what is left to say when there are no more candles.</summary>
    public IEnumerable<BotAction> OnEnd(DateTimeOffset at) => mind.OnEnd(at);

    /// <summary>Forgets the open trade, which was not made.</summary>
    public void Forget() => rules.Forget();

    /// <summary>Closes the open trade at the pair's last price; null if there is none.</summary>
    public TradeClosed? CloseNow(string reason) => lastCandle is null ? null : rules.CloseNow(lastCandle, reason);
}

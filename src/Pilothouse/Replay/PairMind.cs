namespace Pilothouse.Replay;

/// <summary>
/// What the agents make of one pair: they decide about each signal that would open a trade, and take each spike from detected to analyzed to
/// traded or skipped. A spike is traded if the bot opens a trade that way within five minutes.
/// </summary>
internal sealed class PairMind(ModelMeter meter)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);
    private readonly SpikeWatch watch = new();
    private readonly List<SeenSpike> waiting = [];
    private int lossesInARow;

    /// <summary>Notes what became of a trade.</summary>
    public void Note(TradeClosed trade) => lossesInARow = trade.Pnl < 0 ? lossesInARow + 1 : 0;

    /// <summary>Returns the spikes that a candle shows, what is thought of them, and which of those before it are given up.</summary>
    /// <param name="candle">The candle.</param>
    /// <param name="reading">The indicators at its close.</param>
    /// <param name="open">The open trade of the pair.</param>
    public IEnumerable<BotAction> OnCandle(MinuteCandle candle, IndicatorReading reading, Position? open)
    {
        foreach (var late in waiting.Where(spike => candle.Closes - spike.At > Patience).ToList())
        {
            waiting.Remove(late);
            yield return new SpikeSettled(candle.Closes, late, "No signal came its way within five minutes.");
        }

        foreach (var spike in watch.Add(candle))
        {
            if (reading.Sma50 is null)
            {
                continue;
            }

            var analysis = meter.Ask(spike.Pair, spike.At, Advisers.OfSpike(spike));
            yield return new SpikeDetected(spike);
            yield return new SpikeAnalyzed(spike, Advisers.ContextOf(reading), Advisers.RiskOf(spike), analysis);
            if (!analysis.Opinion.LeadsToTrade)
            {
                yield return new SpikeSettled(spike.At, spike, $"{Advisers.Risk}: {analysis.Opinion.Reasoning}");
            }
            else if (open?.IsLong == spike.IsPump)
            {
                yield return new SpikeSettled(spike.At, spike, $"The bot is {(open.IsLong ? "long" : "short")} already.");
            }
            else
            {
                waiting.Add(spike);
            }
        }
    }

    /// <summary>Returns what the agents decide about a signal that would open a trade.</summary>
    public DecisionsMade Decide(MinuteCandle candle, IndicatorReading reading) => new(
        candle.Closes, candle.Pair,
        [
            .. new[] { Advisers.OfTrend(reading), Advisers.OfReversion(reading), Advisers.OfRisk(reading, lossesInARow) }
                .Select(opinion => meter.Ask(candle.Pair, candle.Closes, LeadingTo(opinion, reading.Signal))),
        ]);

    /// <summary>Returns the waiting spikes that a new trade has taken up.</summary>
    public IEnumerable<BotAction> OnOpened(Position trade)
    {
        foreach (var spike in waiting.Where(spike => spike.IsPump == trade.IsLong).ToList())
        {
            waiting.Remove(spike);
            yield return new SpikeSettled(trade.OpenedAt, spike, null);
        }
    }

    /// <summary>Gives up the spikes that still wait.</summary>
    public IEnumerable<BotAction> OnEnd(DateTimeOffset at) =>
        waiting.Select(spike => new SpikeSettled(at, spike, "The replay ended before a signal came its way."));

    /// <summary>A trade of the other side is not what an agent wanted.</summary>
    private static Opinion LeadingTo(Opinion opinion, TradeSignal signal) =>
        opinion.Decision == (signal == TradeSignal.Buy ? "sell" : "buy") ? opinion with { LeadsToTrade = false } : opinion;
}

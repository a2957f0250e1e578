namespace Pilothouse.Replay;

/// <summary>Counts what a replay did, for the table at its end. A POST counts as replayed if the server already had the record.</summary>
internal sealed class ReplayTally
{
    public int Candles { get; private set; }

    public int Signals { get; private set; }

    public int Trades { get; private set; }

    public int Closed { get; private set; }

    public int Wins { get; private set; }

    public decimal TotalPnl { get; private set; }

    public int Decisions { get; private set; }

    public int Spikes { get; private set; }

    public int Articles { get; private set; }

    public int Stored { get; private set; }

    public int Replayed { get; private set; }

    public void Count(IReadOnlyCollection<MinuteCandle> candles) => Candles += candles.Count;

    public void Count(BotAction action)
    {
        switch (action)
        {
            case SignalRaised:
                Signals++;
                break;
            case TradeOpened:
                Trades++;
                break;
            case TradeClosed trade:
                Closed++;
                Wins += trade.Pnl > 0 ? 1 : 0;
                TotalPnl += trade.Pnl;
                break;
            case DecisionsMade made:
                Decisions += made.Opinions.Count;
                break;
            case SpikeDetected:
                Spikes++;
                break;
            case SpikeAnalyzed:
                Decisions++;
                break;
            case ArticleWritten:
                Articles++;
                break;
        }
    }

    public void CountPost(bool existed)
    {
        if (existed)
        {
            Replayed++;
        }
        else
        {
            Stored++;
        }
    }
}

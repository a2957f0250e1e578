namespace Pilothouse.Replay;

/// <summary>
/// Watches the candles of one pair for sudden moves. The trend agent sees a price that moved by 0.75 % in five minutes; the reversion agent
/// sees a minute with five times the usual volume in which the price moved by 0.2 %. After one that was seen, each waits 15 minutes.
/// </summary>
internal sealed class SpikeWatch
{
    private const int Minutes = 5;
    private const double LeastMove = 0.75;
    private const int UsualCandles = 60;
    private const double LeastVolume = 5;
    private const double LeastMinuteMove = 0.2;
    private static readonly TimeSpan Rest = TimeSpan.FromMinutes(15);
    private readonly Queue<MinuteCandle> hour = new();
    private DateTimeOffset lastPrice = DateTimeOffset.MinValue;
    private DateTimeOffset lastVolume = DateTimeOffset.MinValue;

    /// <summary>Adds the next candle, and returns what it shows.</summary>
    public List<SeenSpike> Add(MinuteCandle candle)
    {
        var usual = hour.Count == 0 ? 0 : (double)hour.Sum(static one => one.Volume) / hour.Count;
        var multiple = usual > 0 ? (double)candle.Volume / usual : 0;
        var spikes = new List<SeenSpike>();
        if (hour.Count == UsualCandles)
        {
            AddIf(spikes, OfPrice(candle, multiple), ref lastPrice);
            AddIf(spikes, OfVolume(candle, usual, multiple), ref lastVolume);
            hour.Dequeue();
        }

        hour.Enqueue(candle);
        return spikes;
    }

    private static void AddIf(List<SeenSpike> spikes, SeenSpike? spike, ref DateTimeOffset last)
    {
        if (spike is not null && spike.At - last >= Rest)
        {
            last = spike.At;
            spikes.Add(spike);
        }
    }

    private SeenSpike? OfPrice(MinuteCandle candle, double multiple)
    {
        // A minute without a trade has no candle, and what the price did meanwhile is not known.
        var before = hour.ElementAt(hour.Count - Minutes);
        var move = Move(before.Close, candle.Close);
        if (candle.Time - before.Time != TimeSpan.FromMinutes(Minutes) || Math.Abs(move) < LeastMove)
        {
            return null;
        }

        var enough = (double)before.Close * (1 + (Math.Sign(move) * LeastMove / 100));
        var (open, close) = ((double)candle.Open, (double)candle.Close);
        var confidence = 0.4 + (0.4 * Math.Min(1, (Math.Abs(move) / LeastMove) - 1)) + (0.15 * Math.Min(1, multiple / 6));
        return new(
            candle.Closes, candle.Pair, "price", Advisers.Trend, Math.Round(move, 4), Minutes, Math.Round(multiple, 4), before.Close, candle.Close,
            Math.Round(confidence, 4), LatencyAfter(open == close ? 0 : (enough - open) / (close - open)));
    }

    private static SeenSpike? OfVolume(MinuteCandle candle, double usual, double multiple)
    {
        var move = Move(candle.Open, candle.Close);
        if (multiple < LeastVolume || Math.Abs(move) < LeastMinuteMove)
        {
            return null;
        }

        var confidence = 0.25 + (0.4 * Math.Min(1, ((multiple / LeastVolume) - 1) / 2)) + (0.3 * Math.Min(1, Math.Abs(move)));
        return new(
            candle.Closes, candle.Pair, "volume", Advisers.Reversion, Math.Round(move, 4), 1, Math.Round(multiple, 4), candle.Open, candle.Close,
            Math.Round(confidence, 4), LatencyAfter(LeastVolume * usual / (double)candle.Volume));
    }

    private static double Move(decimal from, decimal to) => (double)((to / from) - 1) * 100;

    /// <summary>Returns the milliseconds from a part of a minute to its end.</summary>
    private static int LatencyAfter(double part) => (int)Math.Round((1 - Math.Clamp(part, 0, 1)) * 60_000);
}

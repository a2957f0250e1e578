namespace Pilothouse.Replay;

internal enum TradeSignal
{
    Hold,
    Buy,
    Sell,
}

/// <summary>
/// The indicators of one pair after each candle, as docs/metrics.md defines them. They count candles and not minutes: a minute without a
/// trade has no candle. tests/Pilothouse.Tests/Replay/indicators.py checks them against pandas.
/// </summary>
internal sealed class Indicators
{
    private readonly RollingWindow gains = new(14);
    private readonly RollingWindow losses = new(14);
    private readonly ExponentialMean ema9 = new(9);
    private readonly ExponentialMean ema21 = new(21);
    private readonly ExponentialMean fast = new(12);
    private readonly ExponentialMean slow = new(26);
    private readonly ExponentialMean macdSignal = new(9);
    private readonly RollingWindow fifty = new(50);
    private readonly RollingWindow twenty = new(20);
    private double? previousClose;
    private DateOnly day;
    private CompensatedSum dayValue;
    private CompensatedSum dayVolume;

    /// <summary>Adds the next candle of the pair and returns the indicators at its close.</summary>
    public IndicatorReading Add(MinuteCandle candle)
    {
        var close = (double)candle.Close;
        fifty.Add(close);
        twenty.Add(close);
        var rsi = Rsi(close);
        var macd = fast.Add(close) - slow.Add(close);
        var middle = twenty.Mean();
        var band = 2 * twenty.Deviation();
        return new IndicatorReading(
            close, rsi, macd, macdSignal.Add(macd), Vwap(candle), ema9.Add(close), ema21.Add(close), fifty.Mean(),
            middle + band, middle, middle - band, (double)candle.Volume);
    }

    /// <summary>
    /// Returns 100 − 100 ÷ (1 + mean gain ÷ mean loss) of the last 14 changes. The change of the first candle counts as 0, as in the usual
    /// <c>delta.where(delta &gt; 0, 0)</c>. Only gains give 100; no change at all, or too few candles, give 50.
    /// </summary>
    private double Rsi(double close)
    {
        var change = close - (previousClose ?? close);
        previousClose = close;
        gains.Add(Math.Max(change, 0));
        losses.Add(Math.Max(-change, 0));
        return (gains.Mean(), losses.Mean()) switch
        {
            (null, _) or (_, null) or (0, 0) => 50,
            (_, 0) => 100,
            var (gain, loss) => 100 - (100 / (1 + (gain.Value / loss.Value))),
        };
    }

    /// <summary>Returns the volume-weighted typical price since 00:00 UTC; null while nothing was traded.</summary>
    private double? Vwap(MinuteCandle candle)
    {
        var today = DateOnly.FromDateTime(candle.Time.UtcDateTime);
        if (today != day)
        {
            (day, dayValue, dayVolume) = (today, default, default);
        }

        var volume = (double)candle.Volume;
        dayValue.Add(((double)candle.High + (double)candle.Low + (double)candle.Close) / 3 * volume);
        dayVolume.Add(volume);
        return dayVolume.Value > 0 ? dayValue.Value / dayVolume.Value : null;
    }
}

/// <summary>The indicators at the close of a candle. Each is null while there are too few candles, or no volume, to compute it.</summary>
internal sealed record IndicatorReading(
    double Price, double Rsi, double Macd, double MacdSignal, double? Vwap, double Ema9, double Ema21, double? Sma50,
    double? BollingerUpper, double? BollingerMiddle, double? BollingerLower, double Volume)
{
    private const int HighestScore = 7;

    public double MacdHistogram => Macd - MacdSignal;

    /// <summary>The score from −7 to 7, as docs/metrics.md defines it. An indicator that is null adds nothing.</summary>
    public int Score =>
        (Rsi < 30 ? 1 : 0) - (Rsi > 70 ? 1 : 0)
        + Above(Macd, MacdSignal)
        + Above(Price, Vwap)
        + (2 * Above(Ema9, Ema21))
        + Above(Price, Sma50)
        + (Price <= BollingerLower ? 1 : 0) - (Price >= BollingerUpper ? 1 : 0);

    public TradeSignal Signal => Score switch { >= 3 => TradeSignal.Buy, <= -3 => TradeSignal.Sell, _ => TradeSignal.Hold };

    /// <summary>The score as the API's signal_strength, −100 to 100.</summary>
    public int Strength => (int)Math.Round(Score * 100.0 / HighestScore, MidpointRounding.AwayFromZero);

    private static int Above(double value, double? line) => line is null ? 0 : value > line ? 1 : -1;
}

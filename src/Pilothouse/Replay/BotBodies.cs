namespace Pilothouse.Replay;

/// <summary>What the server is sent of the bot's reports and signals.</summary>
internal static class BotBodies
{
    /// <param name="marks">The names of the run.</param>
    /// <param name="status">The report.</param>
    /// <param name="at">The time that it is given.</param>
    /// <param name="about">Which run it belongs to; null if it need not be found again.</param>
    /// <param name="expected">The seconds within which the next report is promised; null for no promise.</param>
    public static StatusBody Of(ReplayMarks marks, StatusReported status, DateTimeOffset at, string? about, int? expected) => new(
        at, marks.BotName, status.Status, PostedDigits.Of(status.Balance), status.OpenPositions, status.Trades, status.WinRatePercent, PostedDigits.Of(status.TotalPnl),
        ReplayRecorder.Mode, about, expected);

    public static SignalBody Of(ReplayMarks marks, SignalRaised signal, string strategy, string timeframe)
    {
        var reading = signal.Reading;
        return new SignalBody(
            marks.Shown(signal.At), signal.Pair, reading.Signal.ToString().ToUpperInvariant(), reading.Strength, signal.Price,
            PostedDigits.Of(reading.Rsi), PostedDigits.Of(reading.Macd), PostedDigits.Of(reading.MacdSignal), PostedDigits.Of(reading.MacdHistogram), PostedDigits.Of(reading.Vwap),
            PostedDigits.Of(reading.Ema9), PostedDigits.Of(reading.Ema21), PostedDigits.Of(reading.Sma50), PostedDigits.Of(reading.BollingerUpper),
            PostedDigits.Of(reading.BollingerMiddle), PostedDigits.Of(reading.BollingerLower), reading.Volume, signal.Opens ? "pending" : "skipped",
            marks.BotName, strategy, timeframe, MindRecorder.Model);
    }
}

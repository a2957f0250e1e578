namespace Pilothouse.Replay;

/// <summary>
/// One replay: plays the candles in order of time, at full speed or <paramref name="speed"/> times faster than real time.
/// </summary>
internal sealed class ReplayRun(SampleBot bot, ReplayRecorder recorder, TimeProvider time, double? speed)
{
    /// <summary>
    /// Plays all <paramref name="candles"/>, which are sorted by time. It calls <paramref name="advanced"/> with the number of candles
    /// played.
    /// </summary>
    public async Task PlayAsync(IReadOnlyList<Candle> candles, Action<int> advanced, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        for (var first = 0; first < candles.Count;)
        {
            var minute = candles.Skip(first).TakeWhile(candle => candle.Time == candles[first].Time).ToList();
            await KeepPaceAsync(minute[0].Closes - candles[0].Time, started, cancellationToken);
            await RecordAsync(bot.OnMinute(minute), cancellationToken);
            first += minute.Count;
            advanced(first);
        }

        await RecordAsync(bot.OnEnd(), cancellationToken);
    }

    private async Task RecordAsync(IEnumerable<BotAction> actions, CancellationToken cancellationToken)
    {
        foreach (var action in actions)
        {
            await recorder.RecordAsync(action, cancellationToken);
        }
    }

    private async Task KeepPaceAsync(TimeSpan candleTime, long started, CancellationToken cancellationToken)
    {
        if (speed is not { } factor)
        {
            return;
        }

        var wait = (candleTime / factor) - time.GetElapsedTime(started);
        if (wait > TimeSpan.Zero)
        {
            await Task.Delay(wait, time, cancellationToken);
        }
    }
}

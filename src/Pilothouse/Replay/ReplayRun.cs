namespace Pilothouse.Replay;

/// <summary>
/// One replay: plays the candles in order of time, at full speed or <paramref name="speed"/> times faster than real time.
/// </summary>
internal sealed class ReplayRun(SampleBot bot, ReplayRecorder recorder, Steering steering, TimeProvider time, double? speed)
{
    /// <summary>
    /// Plays all <paramref name="candles"/>, which are sorted by time. It calls <paramref name="advanced"/> with the number of candles
    /// played.
    /// </summary>
    public async Task PlayAsync(IReadOnlyList<MinuteCandle> candles, Action<int> advanced, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        var seen = new List<MinuteCandle>();
        for (var first = 0; first < candles.Count && !steering.HasStopped;)
        {
            var minute = candles.Skip(first).TakeWhile(candle => candle.Time == candles[first].Time).ToList();
            await KeepPaceAsync(minute[0].Closes - candles[0].Time, started, cancellationToken);
            if (steering.HasStopped)
            {
                break;
            }

            first += minute.Count;
            seen.AddRange(minute);

            // At full speed an hour of candles is one batch.
            if (speed is not null || first == candles.Count || HourOf(candles[first].Time) != HourOf(minute[0].Time))
            {
                await recorder.RecordAsync(seen, cancellationToken);
                seen.Clear();
            }

            await steering.HeedBreakerAsync(cancellationToken);
            await RecordAsync(bot.OnMinute(minute), cancellationToken);
            await ShowLifeAsync(cancellationToken);
            await steering.ObeyAsync(cancellationToken);
            advanced(first);
        }

        if (seen.Count > 0)
        {
            await recorder.RecordAsync(seen, cancellationToken);
        }

        await RecordAsync(bot.OnEnd(leavesTrades: steering.HasStopped), cancellationToken);
    }

    private static long HourOf(DateTimeOffset at) => at.UtcTicks / TimeSpan.TicksPerHour;

    private async Task RecordAsync(IEnumerable<BotAction> actions, CancellationToken cancellationToken)
    {
        foreach (var action in actions)
        {
            if (!await recorder.RecordAsync(action, cancellationToken) && action is TradeOpened refused)
            {
                bot.Forget(refused.Position.Pair);
            }
        }
    }

    private async Task KeepPaceAsync(TimeSpan candleTime, long started, CancellationToken cancellationToken)
    {
        if (speed is not { } factor)
        {
            return;
        }

        while ((candleTime / factor) - time.GetElapsedTime(started) is var wait && wait > TimeSpan.Zero && !steering.HasStopped)
        {
            var pause = recorder.UntilPulse < wait && bot.StatusNow() is not null ? recorder.UntilPulse : wait;
            if (pause > TimeSpan.Zero)
            {
                await Task.Delay(pause, time, cancellationToken);
            }

            if (pause == wait)
            {
                return;
            }

            await ShowLifeAsync(cancellationToken);
            await steering.ObeyAsync(cancellationToken);
        }
    }

    /// <summary>Shows that the bot lives, if it has not reported for a while; it hears by the answer.</summary>
    private async Task ShowLifeAsync(CancellationToken cancellationToken)
    {
        if (recorder.UntilPulse <= TimeSpan.Zero && bot.StatusNow() is { } status)
        {
            await recorder.ShowLifeAsync(status, cancellationToken);
        }
    }
}

using System.Globalization;

namespace Pilothouse.Replay;

/// <summary>
/// The times of the records of a replay: as recorded, or moved by whole minutes so that the last candle closes in the present minute. The
/// bot itself always sees the recorded times, so its indicators, trades and figures are always the same.
/// </summary>
/// <param name="Shift">The time span that is added to every recorded time.</param>
/// <param name="End">When the last candle closes; null if the candles keep their own times.</param>
/// <param name="About">Identifies the replayed candles. Every report of the bot contains it, and a later run finds this one by it; null if
/// End is.</param>
internal sealed record ReplayTimes(TimeSpan Shift, DateTimeOffset? End, string? About)
{
    /// <summary>
    /// The server keeps Idempotency-Keys for 24 hours. A run that begins at least an hour before they expire is finished in time, so it can
    /// use the times of the run before and store nothing twice.
    /// </summary>
    private static readonly TimeSpan Repeatable = TimeSpan.FromHours(23);

    public static readonly ReplayTimes AsRecorded = new(TimeSpan.Zero, null, null);

    /// <summary>
    /// Returns the times of a replay that begins at <paramref name="now"/>, or those of the bot's <paramref name="last"/> run of the same
    /// candles.
    /// </summary>
    public static ReplayTimes EndingNow(IReadOnlyList<MinuteCandle> candles, BotReport? last, DateTimeOffset now)
    {
        var (begin, close) = (candles[0].Time, candles[^1].Closes);
        var about = string.Create(
            CultureInfo.InvariantCulture,
            $"Replays {candles.Count} candles of {PairsOf(candles)} from {begin:yyyy-MM-dd HH:mm} to {close:yyyy-MM-dd HH:mm} UTC");
        var end = last is { At: { } before } && last.Message == about && before <= now && now - before < Repeatable
            ? before
            : now.AddTicks(-(now.UtcTicks % TimeSpan.TicksPerMinute));
        return new(end - close, end, about);
    }

    public static string PairsOf(IReadOnlyList<MinuteCandle> candles) =>
        string.Join(", ", candles.Select(static candle => candle.Pair).Distinct());
}

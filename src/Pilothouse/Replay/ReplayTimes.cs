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

    private const string UntilWord = ", until ";

    /// <summary>What a report says whose time is that of the clock: it names the end of the run, by which a later run finds this one.</summary>
    public string? AboutNow => End is { } end ? string.Create(CultureInfo.InvariantCulture, $"{About}{UntilWord}{end.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}") : null;

    /// <summary>Whether these are the times of a run that began before this one.</summary>
    public bool IsOfEarlierRun { get; init; }

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
        var earlier = EndOf(last, about) is { } before && before <= now && now - before < Repeatable ? before : (DateTimeOffset?)null;
        var end = earlier ?? now.AddTicks(-(now.UtcTicks % TimeSpan.TicksPerMinute));
        return new(end - close, end, about) { IsOfEarlierRun = earlier is not null };
    }

    /// <summary>Returns the end of the run of these candles that made the report; null if another one did.</summary>
    private static DateTimeOffset? EndOf(BotReport? last, string about) =>
        last?.Message == about ? last.At
        : last?.Message?.StartsWith(about + UntilWord, StringComparison.Ordinal) == true
            && DateTimeOffset.TryParse(last.Message[(about.Length + UntilWord.Length)..], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var end) ? end
        : null;

    public static string PairsOf(IReadOnlyList<MinuteCandle> candles) =>
        string.Join(", ", candles.Select(static candle => candle.Pair).Distinct());
}

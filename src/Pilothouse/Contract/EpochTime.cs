namespace Pilothouse.Contract;

/// <summary>
/// Times as numbers. Python's time.time() counts seconds since 1970, with a fraction; JavaScript's Date.now() and most exchanges count
/// milliseconds. The size of the number tells them apart for every time between 1973 and 5138.
/// </summary>
internal static class EpochTime
{
    private const decimal FirstSecond = 100_000_000;
    private const decimal FirstMillisecond = 100_000_000_000;
    private const decimal End = 100_000_000_000_000;

    /// <summary>Returns the time, or null if the number is neither seconds nor milliseconds.</summary>
    public static DateTimeOffset? Find(decimal number) => number switch
    {
        >= FirstSecond and < FirstMillisecond => At(number * TimeSpan.TicksPerSecond),
        >= FirstMillisecond and < End => At(number * TimeSpan.TicksPerMillisecond),
        _ => null,
    };

    private static DateTimeOffset At(decimal ticks) => DateTimeOffset.UnixEpoch.AddTicks((long)ticks);
}

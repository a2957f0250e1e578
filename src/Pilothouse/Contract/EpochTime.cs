namespace Pilothouse.Contract;

/// <summary>
/// Times as numbers: Python's time.time() counts seconds since 1970, with a fraction, and JavaScript's Date.now() and most exchanges count
/// milliseconds. The two are told apart by their size, which no time from 1973 to 5138 leaves in doubt.
/// </summary>
internal static class EpochTime
{
    private const decimal FirstSecond = 100_000_000;
    private const decimal FirstMillisecond = 100_000_000_000;
    private const decimal End = 100_000_000_000_000;

    /// <summary>The moment, or null where the number is neither.</summary>
    public static DateTimeOffset? Find(decimal number) => number switch
    {
        >= FirstSecond and < FirstMillisecond => At(number * TimeSpan.TicksPerSecond),
        >= FirstMillisecond and < End => At(number * TimeSpan.TicksPerMillisecond),
        _ => null,
    };

    private static DateTimeOffset At(decimal ticks) => DateTimeOffset.UnixEpoch.AddTicks((long)ticks);
}

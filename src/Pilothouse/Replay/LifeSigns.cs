namespace Pilothouse.Replay;

/// <summary>Says when the bot of a replay has to listen to its owner, and to show that it lives.</summary>
/// <param name="time">The clock.</param>
/// <param name="isOfNow">Whether the replay ends in the present; one of old times only listens.</param>
internal sealed class LifeSigns(TimeProvider time, bool isOfNow)
{
    /// <summary>How often the bot shows that it lives, or asks what its owner wants, while it replays old times.</summary>
    private static readonly TimeSpan Pulse = TimeSpan.FromSeconds(15);

    /// <summary>
    /// How long reports with the times of the replay may stand for the bot, however many there are: the server goes by their times, and they do
    /// not show that it lives.
    /// </summary>
    private static readonly TimeSpan LongestInThePast = TimeSpan.FromSeconds(45);

    private long listened = time.GetTimestamp();
    private long shown = time.GetTimestamp();

    /// <summary>How long it is until the next sign; none is due while that is above zero.</summary>
    public TimeSpan UntilNext
    {
        get
        {
            var (pulse, life) = (Pulse - time.GetElapsedTime(listened), LongestInThePast - time.GetElapsedTime(shown));
            return isOfNow && life < pulse ? life : pulse;
        }
    }

    /// <summary>An answer of the server has said what the owner wants.</summary>
    public void Listened() => listened = time.GetTimestamp();

    /// <summary>A report of now, which promises the next one, has shown that the bot lives.</summary>
    public void Shown() => shown = time.GetTimestamp();
}

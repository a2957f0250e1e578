using System.Diagnostics;

namespace Pilothouse.Storage.Sqlite;

/// <summary>
/// Shares one probe of the database between many health checks in the same millisecond. The first few of each millisecond make a probe of
/// their own, so a client that waits for each answer before it asks again always gets a new probe. Only a successful probe is shared.
/// </summary>
internal sealed class SharedLook
{
    /// <summary>How many checks in a millisecond make a probe of their own.</summary>
    public const int OwnLooks = 3;

    private static readonly long Millisecond = Stopwatch.Frequency / 1000;
    private long goodSince = -Millisecond;
    private long window = -1;
    private int looks;

    /// <summary>
    /// Whether a check at <paramref name="now"/> (a timestamp of <see cref="Stopwatch"/>) may use the last successful probe. Concurrent
    /// threads may miscount each other, which only means one probe more or less.
    /// </summary>
    public bool MayShare(long now)
    {
        var current = now / Millisecond;
        if (Volatile.Read(ref window) != current)
        {
            Volatile.Write(ref looks, 0);
            Volatile.Write(ref window, current);
        }

        return Interlocked.Increment(ref looks) > OwnLooks && now - Volatile.Read(ref goodSince) < Millisecond;
    }

    /// <summary>Records that a probe that began at <paramref name="began"/> was successful.</summary>
    public void WasGood(long began) => Volatile.Write(ref goodSince, began);
}

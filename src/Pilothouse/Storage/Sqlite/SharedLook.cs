using System.Diagnostics;

namespace Pilothouse.Storage.Sqlite;

/// <summary>
/// Lets a crowd that asks in the same millisecond whether the database answers share one look at it. The first few of each millisecond look
/// for themselves, so a client that asks, waits for its answer and asks again has a look of its own each time. Only a good look is shared.
/// </summary>
internal sealed class SharedLook
{
    /// <summary>Looks of their own in a millisecond, before the others share.</summary>
    public const int OwnLooks = 3;

    private static readonly long Millisecond = Stopwatch.Frequency / 1000;
    private long goodSince = -Millisecond;
    private long window = -1;
    private int looks;

    /// <summary>
    /// Whether who asks at <paramref name="now"/> (a timestamp of <see cref="Stopwatch"/>) may take the last good look for his own. Threads that
    /// ask at once may count each other wrongly; that makes a look more, or one less of a crowd's.
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

    /// <summary>Notes that a look which began at <paramref name="began"/> found everything well.</summary>
    public void WasGood(long began) => Volatile.Write(ref goodSince, began);
}

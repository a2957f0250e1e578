using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Pilothouse.Storage;

/// <summary>
/// The memory of native libraries such as SQLite. The C library has pools of freed memory, by default eight for each core, and threads cannot
/// use each other's: after an hour of long reads they held 67 MB that nobody used.
/// </summary>
internal static partial class NativeMemoryPool
{
    private const nuint KeepNothing = 0;

    /// <summary>M_ARENA_MAX of mallopt(3): how many pools there may be.</summary>
    private const int MostPools = -8;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);
    private static long givenAt = Stopwatch.GetTimestamp();

    /// <summary>
    /// Limits the pools to two. Call it before the first thread is started. What a pool keeps at its end is not limited here: that would also
    /// make the library return each large block at once, which took 40 % of the writes.
    /// </summary>
    public static void StaySmall()
    {
        try
        {
            _ = SetOption(MostPools, 2);
        }
        catch (Exception error) when (error is EntryPointNotFoundException or DllNotFoundException)
        {
            // Only the GNU C library has these pools.
        }
    }

    /// <summary>Returns free memory to the system, at most every ten seconds because it takes a millisecond.</summary>
    public static void GiveBack()
    {
        var last = Interlocked.Read(ref givenAt);
        if (Stopwatch.GetElapsedTime(last) < Interval || Interlocked.CompareExchange(ref givenAt, Stopwatch.GetTimestamp(), last) != last)
        {
            return;
        }

        try
        {
            _ = Trim(KeepNothing);
        }
        catch (Exception error) when (error is EntryPointNotFoundException or DllNotFoundException)
        {
            // Only the GNU C library has this function; other C libraries keep less memory.
        }
    }

    [LibraryImport("libc", EntryPoint = "mallopt")]
    private static partial int SetOption(int option, int value);

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int Trim(nuint pad);
}

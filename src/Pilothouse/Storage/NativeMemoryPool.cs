using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Pilothouse.Storage;

/// <summary>
/// The memory of native libraries such as SQLite. After a long read or a check, the C library keeps the freed memory in a pool of that
/// thread, some 10 MB each, where other threads cannot use it.
/// </summary>
internal static partial class NativeMemoryPool
{
    private const nuint KeepNothing = 0;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);
    private static long givenAt = Stopwatch.GetTimestamp();

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

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int Trim(nuint pad);
}

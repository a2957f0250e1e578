using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Pilothouse.Storage;

/// <summary>
/// The memory of native libraries, SQLite's among them. The C library keeps what a long read or a check has freed, for each thread's pool by itself:
/// some 10 MB each, which nobody else would use.
/// </summary>
internal static partial class NativeMemoryPool
{
    private const nuint KeepNothing = 0;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);
    private static long givenAt = Stopwatch.GetTimestamp();

    /// <summary>Gives what is free back to the system, at most every ten seconds: it takes a millisecond.</summary>
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
            // Only the GNU C library has it; others keep less.
        }
    }

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int Trim(nuint pad);
}

using System.Globalization;
using System.Runtime.InteropServices;

namespace Pilothouse.Monitoring;

/// <summary>
/// The pages of the program's file and its libraries. Much of them is read once, at the start: what the types are made from, and the code of
/// the start itself. Linux counts them as resident until it needs the memory for something else.
/// </summary>
internal static partial class ProgramPages
{
    /// <summary>MADV_DONTNEED of madvise(2).</summary>
    private const int NotNeeded = 4;

    /// <summary>
    /// Lets Linux take back all pages of code and constants; those that are used come back from its cache of the file when they are touched.
    /// Returns how many bytes of addresses were given back.
    /// </summary>
    public static long GiveBack()
    {
        if (!OperatingSystem.IsLinux())
        {
            return 0;
        }

        var given = 0L;
        try
        {
            // All are read first, because a call while the list is read would change it.
            foreach (var (start, length) in Unwritten(File.ReadAllLines("/proc/self/smaps")))
            {
                given += Advise(start, length, NotNeeded) == 0 ? (long)length : 0;
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Without the list nothing is given back.
        }

        return given;
    }

    /// <summary>
    /// Returns the parts of the memory that hold a file just as it is: mapped for this process alone, not writable, and without a page that
    /// differs from the file, as those have into which addresses were written at the start.
    /// </summary>
    /// <param name="smaps">The lines of /proc/PID/smaps (proc_pid_smaps(5)).</param>
    public static IEnumerable<(nuint Start, nuint Length)> Unwritten(IEnumerable<string> smaps)
    {
        (nuint Start, nuint Length) part = default;
        foreach (var line in smaps)
        {
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words is [_, "r--p" or "r-xp", _, _, _, ['/', ..], ..] && words[0].Split('-') is [var start, var end])
            {
                part.Start = nuint.Parse(start, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
                part.Length = nuint.Parse(end, NumberStyles.HexNumber, CultureInfo.InvariantCulture) - part.Start;
            }
            else if (words is [_, { Length: 4 }, _, _, ..])
            {
                part = default;
            }
            else if (words is ["Anonymous:", "0", ..] && part.Length > 0)
            {
                yield return part;
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(nuint start, nuint length, int advice);
}

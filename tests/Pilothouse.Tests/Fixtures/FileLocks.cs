using System.Globalization;
using Pilothouse.Storage.Files;

namespace Pilothouse.Tests.Fixtures;

/// <summary>
/// The locks that a process must always hold while it has a database open. Without the SHARED lock on the database file, the next program
/// that closes the file believes that it was the last and removes the log. Without the DMS lock on the -shm file, the next program that
/// opens it empties it. Other locks come and go with each transaction.
/// </summary>
internal static class FileLocks
{
    /// <summary>The first byte of the 510 (SHARED_FIRST) that SQLite locks in the database file while it is open in WAL mode.</summary>
    private const long Shared = 0x40000002;

    /// <summary>The byte of the -shm file (DMS) that is locked while a process has it mapped.</summary>
    private const long Dms = 128;

    /// <summary>
    /// Fails if the process has lost one of these locks, or if the file under the name is not the one that the process has open.
    /// </summary>
    public static void Demand(int process, string database, string after)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux shows who holds which lock.");
        Assert.True(File.Exists(database + "-wal"), $"After {after} there is no -wal beside the database.");
        Assert.True(File.Exists(database + "-shm"), $"After {after} there is no -shm beside the database.");

        // The kernel's list is not an atomic snapshot: a lock that is being changed may be missing from it. A lost lock stays missing, so
        // look again.
        string[] lost = [];
        for (var tries = 0; tries < 5 && (tries == 0 || lost.Length > 0); tries++)
        {
            Thread.Sleep(tries == 0 ? 0 : 20);
            var held = File.ReadAllLines("/proc/locks");
            lost =
            [
                .. Holds(held, process, database, Shared, Shared + 509) ? [] : new[] { "the SHARED lock of the database" },
                .. Holds(held, process, database + "-shm", Dms, Dms) ? [] : new[] { "the DMS lock of -shm" },
            ];
        }

        Assert.True(lost.Length == 0, $"After {after} the server has lost {string.Join(" and ", lost)}.");
    }

    /// <summary>Returns every byte range that the process has locked in the database and the files beside it, in order.</summary>
    public static string[] Of(int process, string database)
    {
        var lines = File.ReadAllLines("/proc/locks");
        return [.. FileHolders.Suffixes.SelectMany(suffix => Held(lines, process, database + suffix)).Select(static held => string.Join(' ', held)).Order(StringComparer.Ordinal)];
    }

    private static long Byte(string text) => text == "EOF" ? long.MaxValue : long.Parse(text, CultureInfo.InvariantCulture);

    /// <summary>Whether one entry covers the whole range: the kernel merges adjacent locks of the same kind.</summary>
    private static bool Holds(string[] lines, int process, string path, long first, long last) =>
        Held(lines, process, path).Any(held => Byte(held[5]) <= first && Byte(held[6]) >= last);

    /// <summary>Returns the locks of a process on one file: the words of each line of /proc/locks after its number.</summary>
    private static IEnumerable<string[]> Held(string[] lines, int process, string path)
    {
        if (FileStatus.Of(path) is not { } status)
        {
            return [];
        }

        var inode = ":" + status.Identity.Inode.ToString(CultureInfo.InvariantCulture);
        return lines.Select(static line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1..])
            .Where(held => held[0] == "POSIX" && held[3] == process.ToString(CultureInfo.InvariantCulture) && held[4].EndsWith(inode, StringComparison.Ordinal));
    }
}

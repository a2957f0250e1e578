using System.Globalization;
using Pilothouse.Storage.Files;

namespace Pilothouse.Tests.Fixtures;

/// <summary>
/// The locks that a process which has a database open must have at every moment: without the one on the file itself (SHARED) the next
/// program that closes the file takes it for nobody's and removes the log; without the one on -shm (DMS) the next that opens it empties
/// it. Others come and go with each transaction.
/// </summary>
internal static class FileLocks
{
    /// <summary>SHARED_FIRST, 510 bytes: what SQLite locks of the database while it is open in WAL mode.</summary>
    private const long Shared = 0x40000002;

    /// <summary>The byte of -shm that says that somebody has it mapped.</summary>
    private const long Dms = 128;

    /// <summary>Fails where the process has lost one of them, or where a file that it has open is not the one in its place.</summary>
    public static void Demand(int process, string database, string after)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux shows who holds which lock.");
        Assert.True(File.Exists(database + "-wal"), $"After {after} there is no -wal beside the database.");
        Assert.True(File.Exists(database + "-shm"), $"After {after} there is no -shm beside the database.");

        // A list of the kernel is not read in one moment: a lock may be seen neither before nor after its change. A lost one stays lost.
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

    /// <summary>Every byte range that the process has locked in the database and the files beside it, in order.</summary>
    public static string[] Of(int process, string database)
    {
        var lines = File.ReadAllLines("/proc/locks");
        return [.. FileHolders.Suffixes.SelectMany(suffix => Held(lines, process, database + suffix)).Select(static held => string.Join(' ', held)).Order(StringComparer.Ordinal)];
    }

    private static long Byte(string text) => text == "EOF" ? long.MaxValue : long.Parse(text, CultureInfo.InvariantCulture);

    /// <summary>The whole range, by one entry: the kernel makes one of neighbours of the same kind.</summary>
    private static bool Holds(string[] lines, int process, string path, long first, long last) =>
        Held(lines, process, path).Any(held => Byte(held[5]) <= first && Byte(held[6]) >= last);

    /// <summary>What a process has locked of one file: the words of each line of /proc/locks behind its number.</summary>
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

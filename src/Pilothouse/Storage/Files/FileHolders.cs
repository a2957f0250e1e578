using System.Globalization;

namespace Pilothouse.Storage.Files;

/// <summary>A process that has a database open, and how it was started.</summary>
internal sealed record FileHolder(int ProcessId, string Command);

/// <summary>Who has a database open: a bot that sleeps between its writes holds the file all the same.</summary>
internal static class FileHolders
{
    /// <summary>The files that belong to a database.</summary>
    public static readonly string[] Suffixes = ["", "-wal", "-shm", "-journal"];

    /// <summary>
    /// Other processes that have the database or a file beside it open. Only Linux tells, and only root is told of everybody's; who
    /// cannot be seen may still be felt by <see cref="Hold"/>.
    /// </summary>
    public static IReadOnlyList<FileHolder> Find(string databasePath)
    {
        if (!Directory.Exists("/proc/self/fd"))
        {
            return [];
        }

        var files = Suffixes.Select(suffix => FileStatus.Of(databasePath + suffix)?.Identity).OfType<(ulong, ulong)>().ToHashSet();
        return
        [
            .. Directory.EnumerateDirectories("/proc")
                .Select(static folder => int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : 0)
                .Where(id => id > 0 && id != Environment.ProcessId && Holds(id, files))
                .Order()
                .Select(static id => new FileHolder(id, CommandOf(id))),
        ];
    }

    /// <summary>
    /// Locks everybody out until the connection is disposed. In WAL mode SQLite leaves that mode only when alone, so that an idle program
    /// is felt too; what stands in the -wal file is moved into the database on the way.
    /// </summary>
    /// <exception cref="EngineException">Somebody is connected (<see cref="EngineException.IsLock"/>), or the file is damaged.</exception>
    public static FileSession Hold(string databasePath)
    {
        var connection = FileSession.Open(databasePath, OpenFor.Recover);
        try
        {
            connection.Execute("PRAGMA busy_timeout=500");
            connection.Scalar("PRAGMA journal_mode=DELETE");

            // In the other mode an idle program holds no lock, but a busy one does.
            connection.Execute("BEGIN EXCLUSIVE");
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>By the file, not its name: a hard link and a mount elsewhere lead to it as well.</summary>
    private static bool Holds(int process, HashSet<(ulong Device, ulong Inode)> files)
    {
        try
        {
            return Directory.EnumerateFiles($"/proc/{process.ToString(CultureInfo.InvariantCulture)}/fd")
                .Any(file => new FileInfo(file).LinkTarget?.StartsWith('/') == true && FileStatus.Of(file) is { } open && files.Contains(open.Identity));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // It has ended, or is another user's.
            return false;
        }
    }

    private static string CommandOf(int process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process.ToString(CultureInfo.InvariantCulture)}/cmdline").Replace('\0', ' ').Trim();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}

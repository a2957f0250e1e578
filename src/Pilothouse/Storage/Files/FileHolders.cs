using System.Globalization;

namespace Pilothouse.Storage.Files;

/// <summary>A process that has a database open, and its command line.</summary>
internal sealed record FileHolder(int ProcessId, string Command);

/// <summary>Finds the processes that have a database open. A bot that sleeps between its writes has it open too.</summary>
internal static class FileHolders
{
    /// <summary>The files that belong to a database.</summary>
    public static readonly string[] Suffixes = ["", "-wal", "-shm", "-journal"];

    /// <summary>
    /// Returns the other processes that have the database or a file beside it open. This works on Linux only, and only root sees the
    /// processes of all users; <see cref="Hold"/> also detects those that cannot be seen.
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
    /// Locks out all other programs until the connection is disposed. A connection can leave WAL mode only if it is the only one, so this
    /// also detects idle programs. Leaving it moves the content of the -wal file into the database.
    /// </summary>
    /// <exception cref="EngineException">Another program is connected (<see cref="EngineException.IsLock"/>), or the file is
    /// damaged.</exception>
    public static FileSession Hold(string databasePath)
    {
        var connection = FileSession.Open(databasePath, OpenFor.Recover);
        try
        {
            connection.Execute("PRAGMA busy_timeout=500");
            connection.Scalar("PRAGMA journal_mode=DELETE");

            // Without WAL, an idle program holds no lock and is not detected, but a busy one is.
            connection.Execute("BEGIN EXCLUSIVE");
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Whether a process has one of the files open. Compared by inode and not by name, because a hard link or another mount leads to the
    /// same file.
    /// </summary>
    private static bool Holds(int process, HashSet<(ulong Device, ulong Inode)> files)
    {
        try
        {
            return Directory.EnumerateFiles($"/proc/{process.ToString(CultureInfo.InvariantCulture)}/fd")
                .Any(file => new FileInfo(file).LinkTarget?.StartsWith('/') == true && FileStatus.Of(file) is { } open && files.Contains(open.Identity));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // The process has ended, or belongs to another user.
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

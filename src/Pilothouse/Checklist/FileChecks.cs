using System.Globalization;
using Pilothouse.Configuration;
using Pilothouse.Monitoring;
using Pilothouse.Storage;

namespace Pilothouse.Checklist;

/// <summary>Checks the files: who may read them, what kind of file system holds them, and how much space is free.</summary>
internal static class FileChecks
{
    private const long ManyLogBytes = 10L << 30;

    /// <summary>File systems on which the database's locks or its shared memory do not work reliably.</summary>
    private static readonly string[] NetworkTypes = ["nfs", "cifs", "smb", "9p", "afs", "ceph", "gluster", "lustre", "fuse", "virtiofs", "vboxsf"];

    public static IEnumerable<Finding> Look(Settings settings, Surroundings here) =>
        [DataRights(settings), LogRights(settings), .. FileSystem(settings, here), .. Disks(settings, here), Logs(settings)];

    private static Finding DataRights(Settings settings)
    {
        string[] database = DatabaseEngine.IsFile(settings) ? [settings.DatabasePath, $"{settings.DatabasePath}-wal"] : [];
        string[] files = [.. database, settings.BackupDir, .. FilesOf(settings.BackupDir)];
        string[] written = [.. files.Where(static path => RightsOfOthers(path).Write)];
        string[] read = [.. files.Where(static path => RightsOfOthers(path).Read && !Directory.Exists(path))];
        return written.Length > 0 ? Finding.Red("data-rights", $"Everybody on this machine may change {Some(written)}.", $"chmod o-rwx {string.Join(' ', written.Take(3))}")
            : read.Length > 0 ? Finding.Red("data-rights", $"Everybody on this machine may read {Some(read)}.", $"Close the folder (chmod 750 {Path.GetDirectoryName(Path.GetFullPath(read[0]))}) or the files (chmod o-rwx).")
            : Finding.Green("data-rights", "Database and backups are closed to other users.");
    }

    private static Finding LogRights(Settings settings)
    {
        string[] open =
        [
            .. FilesOf(settings.LogDir).Prepend(settings.LogDir)
                .Where(static path => RightsOfOthers(path) is var (read, write) && (write || (read && !Directory.Exists(path)))),
        ];
        return open.Length > 0
            ? Finding.Yellow("log-rights", $"Everybody on this machine may read {Some(open)}: who called when, from where.", $"chmod 750 {settings.LogDir}")
            : Finding.Green("log-rights", "The logs are closed to other users.");
    }

    private static IEnumerable<Finding> FileSystem(Settings settings, Surroundings here)
    {
        if (!DatabaseEngine.IsFile(settings))
        {
            yield break;
        }

        var type = here.Mounts.Of(settings.DatabasePath)?.Type;
        yield return type is null ? Finding.Green("file-system", "What holds the database cannot be seen here.")
            : NetworkTypes.Any(network => type.StartsWith(network, StringComparison.OrdinalIgnoreCase)) && type is not ("fuseblk" or "fusectl")
                ? Finding.Red("file-system", $"The database is on {type}: WAL does not work over a network, and commits can be lost.", "Set DATABASE_PATH to a local disk.")
            : type is "tmpfs" or "ramfs" ? Finding.Red("file-system", $"The database is in memory ({type}): it is gone with the next restart of the machine.", "Set DATABASE_PATH to a disk.")
            : type is "overlay" ? Finding.Yellow("file-system", "The database is in a container's own layer: it is gone with the container.", "Mount a volume there.")
            : Finding.Green("file-system", $"The database is on a local disk ({type}).");
    }

    private static IEnumerable<Finding> Disks(Settings settings, Surroundings here)
    {
        var database = DatabaseEngine.IsFile(settings) ? DatabaseEngine.SizeOf(settings) ?? 0 : 0;
        (string, string)[] file = DatabaseEngine.IsFile(settings) ? [("the database", settings.DatabasePath)] : [];
        var places = ((string, string)[])[.. file, ("the backups", settings.BackupDir), ("the logs", settings.LogDir)];
        var mounts = places
            .Select(place => (What: place.Item1, Mount: here.Mounts.Of(place.Item2))).Where(static place => place.Mount is not null)
            .GroupBy(static place => place.Mount!.Point);
        foreach (var place in mounts)
        {
            var drive = new DriveInfo(place.Key);
            yield return Room(string.Join(" and ", place.Select(static found => found.What)), drive.AvailableFreeSpace, drive.TotalSize, database, settings.Retention.DiskWarningMegabytes, settings.Retention.DiskMinimumMegabytes);
        }
    }

    /// <summary>
    /// Checks the free space. A backup needs twice the size of the database while it is made, and so does VACUUM; the running server warns
    /// and stops at DISK_WARNING_MB and DISK_MINIMUM_MB.
    /// </summary>
    internal static Finding Room(string what, long free, long total, long database, int warningMegabytes, int minimumMegabytes)
    {
        var share = total > 0 ? 100.0 * free / total : 100;
        var found = string.Create(CultureInfo.InvariantCulture, $"{Sizes.Text(free)} ({share:0} %) are free for {what}.");
        const string ToDo = "Make room, or move it to a larger disk. A full disk stops every write.";
        return free < database || share < 2 || free >> 20 < minimumMegabytes ? Finding.Red("disk", found, ToDo)
            : free < database * 3 || share < 10 || free >> 20 < warningMegabytes ? Finding.Yellow("disk", found, ToDo)
            : Finding.Green("disk", found);
    }

    private static Finding Logs(Settings settings)
    {
        var bytes = FilesOf(settings.LogDir).Select(static path => new FileInfo(path)).Where(static file => file.LinkTarget is null && file.Exists).Sum(static file => file.Length);
        var current = new FileInfo(Path.Combine(settings.LogDir, "mcp_server.log"));
        var size = $"{Sizes.Text(bytes)} in {settings.LogDir}";
        return current.Exists && current.LinkTarget is null && Directory.EnumerateFiles(settings.LogDir, "mcp_server-*.log").Any()
                ? Finding.Yellow("logs", $"{settings.LogDir}/mcp_server.log is no link any more: another program (logrotate?) turns it over.", "Take LOG_DIR out of that program; the server rolls its own logs.")
            : bytes > ManyLogBytes ? Finding.Yellow("logs", $"{size}: more than the 31 files that the server keeps.", "Remove what is not the server's; LOG_LEVEL=WARNING writes less.")
            : settings is { IsProduction: true, LogLevel: "DEBUG" } ? Finding.Yellow("logs", "LOG_LEVEL is DEBUG in production.", "Set LOG_LEVEL=INFO.")
            : Finding.Green("logs", $"{size}; the server rolls them daily and at 100 MB and keeps 31 of each.");
    }

    private static string[] FilesOf(string folder)
    {
        try
        {
            return Directory.Exists(folder) ? Directory.GetFiles(folder) : [];
        }
        catch (UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>
    /// Returns whether every user of this machine may read or change a file. If a folder above it is closed to them, they may do neither.
    /// </summary>
    private static (bool Read, bool Write) RightsOfOthers(string path)
    {
        if (OperatingSystem.IsWindows() || !Path.Exists(path))
        {
            return default;
        }

        for (var folder = Path.GetDirectoryName(Mounts.Real(path)); folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if ((File.GetUnixFileMode(folder) & UnixFileMode.OtherExecute) == 0)
            {
                return default;
            }
        }

        var mode = File.GetUnixFileMode(path);
        return ((mode & UnixFileMode.OtherRead) != 0, (mode & UnixFileMode.OtherWrite) != 0);
    }

    private static string Some(string[] paths) => paths.Length == 1 ? paths[0] : string.Create(CultureInfo.InvariantCulture, $"{paths[0]} and {paths.Length - 1} more");
}

using System.Globalization;
using System.Text.Json;
using Pilothouse.Storage.Files;

namespace Pilothouse.Backups;

/// <summary>The folder BACKUP_DIR: lists what is in it, and adds and removes files.</summary>
internal sealed class BackupFolder(string path, TimeProvider clock)
{
    /// <summary>The purpose in the name of a file that is not finished.</summary>
    public const string Making = "making";
    public const string Verifying = "verify";
    private const string Leaving = "leaving";
    private const string Unfinished = ".unfinished";

    /// <summary>The error code in .NET of a lock that another process holds: EWOULDBLOCK of the kernel.</summary>
    private static readonly int HeldByAnother = OperatingSystem.IsMacOS() ? 35 : 11;
    private const int HeldByAnotherOnWindows = unchecked((int)0x80070020);
    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromMilliseconds(200);

    public string Path { get; } = System.IO.Path.GetFullPath(path);

    /// <summary>Returns every backup, the newest first by name; none if the folder does not exist.</summary>
    public IReadOnlyList<Backup> List() => !Directory.Exists(Path)
        ? []
        : [.. Directory.EnumerateFiles(Path).Select(Look).OfType<(Backup Backup, DateTime Local)>().OrderByDescending(static found => found.Local).ThenByDescending(static found => found.Backup.Name, StringComparer.Ordinal).Select(static found => found.Backup)];

    /// <summary>Returns why no backup can be made here, as a phrase that follows the folder's name; null if one can be made.</summary>
    public string? Obstacle()
    {
        var folder = Path;
        while (!System.IO.Path.Exists(folder) && System.IO.Path.GetDirectoryName(folder) is { } parent)
        {
            folder = parent;
        }

        return File.Exists(folder) ? $"cannot be a folder, because {folder} is a file"
            : !Writable.Is(folder) ? "cannot be written by this user"
            : null;
    }

    /// <summary>Finds a backup by its name, or the newest one by "latest".</summary>
    /// <exception cref="BackupFailedException">There is no such backup.</exception>
    public Backup Find(string name)
    {
        var all = List();
        return name == "latest"
            ? all.FirstOrDefault(static backup => !backup.IsBeforeMigration) ?? throw new BackupFailedException($"There is no backup in {Path}. Make one with `pilothouse backup`, or set BACKUP_DIR to the folder that has them.")
            : all.FirstOrDefault(backup => backup.Name == name || backup.Path == System.IO.Path.GetFullPath(name)) ?? throw new BackupFailedException($"There is no backup {name} in {Path}. `pilothouse backup list` shows those that are there.");
    }

    /// <summary>
    /// Creates the folder if it is missing, waits until no other program makes a backup in it, removes what an interrupted backup left
    /// behind, and renames the manifests of older versions.
    /// </summary>
    /// <returns>The lock. No other program makes, removes or renames backups here until it is disposed.</returns>
    public IDisposable Open(TimeSpan patience, CancellationToken cancel, Action? waiting = null)
    {
        FileStream? file = null;
        try
        {
            DurableFile.MakeFolder(Path);
            for (var waited = TimeSpan.Zero; file is null;)
            {
                file = TryLock();
                if (file is null && waited >= patience)
                {
                    throw new BackupRunningException();
                }

                if (file is null)
                {
                    waiting?.Invoke();
                    waiting = null;
                    cancel.WaitHandle.WaitOne(LookAgainAfter);
                    cancel.ThrowIfCancellationRequested();
                    waited += LookAgainAfter;
                }
            }

            RemoveLeftovers();
            return file;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            file?.Dispose();
            throw new BackupFailedException($"The backup folder {Path} cannot be used: {error.Message} Make it a folder that this user may write to, or set BACKUP_DIR to another.", error);
        }
    }

    /// <summary>
    /// Returns a free name that sorts behind all others, even if the clock was set back: the newest backup is always the last by name.
    /// </summary>
    /// <param name="ending">The ending of the copy in it.</param>
    /// <param name="compressed">Whether the copy is compressed.</param>
    public string NextName(string ending, bool compressed)
    {
        var local = clock.GetLocalNow().DateTime;
        var newest = Directory.EnumerateFiles(Path).Select(file => Look(file) is { Backup.IsBeforeMigration: false } found ? found.Local : default).DefaultIfEmpty().Max();
        return BackupName.Of(newest.AddSeconds(1) > local ? newest.AddSeconds(1) : local, ending, compressed);
    }

    /// <summary>Records in the folder that a backup failed now, for every program that uses it. A later good backup cancels it.</summary>
    public void NoteFailure()
    {
        try
        {
            if (Directory.Exists(Path))
            {
                File.WriteAllText(FailurePath, clock.GetUtcNow().ToString("O", CultureInfo.InvariantCulture));
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Recording is optional: the caller reports the failure of the backup itself.
        }
    }

    /// <summary>When a backup last failed in any program; null if none did or it could not be recorded.</summary>
    public DateTimeOffset? LastFailure() =>
        File.Exists(FailurePath) && DateTimeOffset.TryParse(File.ReadAllText(FailurePath), CultureInfo.InvariantCulture, out var at) ? at : null;

    private string FailurePath => System.IO.Path.Combine(Path, ".last_failure");

    /// <summary>Returns the path of a file while it is being made.</summary>
    /// <param name="purpose">One word.</param>
    /// <param name="name">The backup's name. The file itself must not look like a backup, or half a file could be copied as one.</param>
    public string PathForUnfinished(string purpose, string name) => System.IO.Path.Combine(Path, $"{purpose}_{BackupName.Bare(name)}{Unfinished}");

    /// <summary>Gives a finished file its name and syncs the folder: after a power failure, it has that name or does not exist.</summary>
    public string Name(string unfinished, string name)
    {
        var target = System.IO.Path.Combine(Path, name);
        FileOwner.CopyOwner(Path, unfinished);
        File.Move(unfinished, target, overwrite: false);
        DurableFile.FlushFolder(Path);
        return target;
    }

    /// <summary>
    /// Removes the oldest backups beyond <paramref name="most"/> of each maker, so that backups of one maker do not displace those of
    /// another. Those of the previous Python server count for the schedule and for the command. The last good backup of a maker is never
    /// removed, nor is any file that neither we nor the previous server made.
    /// </summary>
    /// <returns>The names of the backups that could not be removed.</returns>
    public IReadOnlyList<string> Prune(int most) => [.. Backup.Surplus(List(), most).Where(backup => !TryRemove(backup)).Select(static backup => backup.Name)];

    /// <summary>Renames the backup before removing it, so that a partly removed backup does not look like a good one.</summary>
    private bool TryRemove(Backup backup)
    {
        try
        {
            var leaving = PathForUnfinished(Leaving, backup.Name);
            File.Move(backup.Path, leaving, overwrite: true);
            File.Delete(BackupManifest.PathFor(backup.Path));
            File.Delete(BackupManifest.OldPathFor(backup.Path));
            DurableFile.Remove(leaving);
            return true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private FileStream? TryLock()
    {
        try
        {
            var path = System.IO.Path.Combine(Path, ".lock");
            var isNew = !File.Exists(path);
            var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            if (isNew)
            {
                FileOwner.CopyOwner(Path, path);
            }

            return file;
        }
        catch (IOException error) when (error.HResult == HeldByAnother || (OperatingSystem.IsWindows() && error.HResult == HeldByAnotherOnWindows))
        {
            return null;
        }
    }

    private void RemoveLeftovers()
    {
        // Older versions named their unfinished files trading_bot_backup_....unfinished and verify_trading_bot_backup_....unfinished.
        string[] ours = [$"{Making}_*{Unfinished}*", $"{Verifying}_*{Unfinished}*", $"{Leaving}_*{Unfinished}*", $"*trading_bot_backup_*{Unfinished}*", $"{BackupName.BeforeMigration}*{Unfinished}*"];
        foreach (var file in ours.SelectMany(pattern => Directory.EnumerateFiles(Path, pattern)).Distinct())
        {
            DurableFile.Remove(file);
        }

        foreach (var file in Directory.EnumerateFiles(Path, "*.json"))
        {
            if (BackupManifest.BackupOf(file) is { } backup)
            {
                TidyManifest(file, backup);
            }
        }
    }

    /// <summary>Removes a manifest whose backup is gone, and renames a manifest of an older version.</summary>
    private static void TidyManifest(string manifest, string backup)
    {
        var name = BackupManifest.PathFor(backup);
        if (!File.Exists(backup) || (manifest != name && File.Exists(name)))
        {
            File.Delete(manifest);
        }
        else if (manifest != name)
        {
            File.Move(manifest, name, overwrite: false);
        }
    }

    private (Backup Backup, DateTime Local)? Look(string file)
    {
        var name = System.IO.Path.GetFileName(file);
        if (!BackupName.TryParse(name, out var local))
        {
            return null;
        }

        var size = new FileInfo(file) is { Exists: true } found ? found.Length : 0;
        if (name.StartsWith(BackupName.BeforeMigration, StringComparison.Ordinal))
        {
            local = TimeZoneInfo.ConvertTime(new DateTimeOffset(local, TimeSpan.Zero), clock.LocalTimeZone).DateTime;
        }

        var named = new DateTimeOffset(local, clock.LocalTimeZone.GetUtcOffset(local));
        try
        {
            var manifest = BackupManifest.Read(file);
            var problem = manifest is null ? null
                : manifest.File != name ? $"its manifest is that of {manifest.File}"
                : manifest.SizeBytes != size ? "it has not the size that it was made with"
                : null;
            var state = manifest is null ? BackupState.Unproven : problem is null ? BackupState.Good : BackupState.Broken;
            return (new Backup(name, file, manifest?.MadeAt ?? named, size, state, problem, manifest), local);
        }
        catch (Exception error) when (error is JsonException or IOException or UnauthorizedAccessException)
        {
            return (new Backup(name, file, named, size, BackupState.Broken, "its manifest cannot be read", null), local);
        }
    }
}

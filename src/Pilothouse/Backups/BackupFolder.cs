using System.Globalization;
using System.Text.Json;
using Pilothouse.Storage.Files;

namespace Pilothouse.Backups;

/// <summary>BACKUP_DIR: what is in it, and how files get in and out of it.</summary>
internal sealed class BackupFolder(string path, TimeProvider clock)
{
    /// <summary>What a file that is not finished is for.</summary>
    public const string Making = "making";
    public const string Verifying = "verify";
    private const string Leaving = "leaving";
    private const string Unfinished = ".unfinished";

    /// <summary>What .NET makes of the kernel's EWOULDBLOCK, and of ERROR_SHARING_VIOLATION.</summary>
    private static readonly int HeldByAnother = OperatingSystem.IsMacOS() ? 35 : 11;
    private const int HeldByAnotherOnWindows = unchecked((int)0x80070020);
    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromMilliseconds(200);

    public string Path { get; } = System.IO.Path.GetFullPath(path);

    /// <summary>Every backup, the newest by name first; none where the folder does not exist.</summary>
    public IReadOnlyList<Backup> List() => !Directory.Exists(Path)
        ? []
        : [.. Directory.EnumerateFiles(Path).Select(Look).OfType<(Backup Backup, DateTime Local)>().OrderByDescending(static found => found.Local).ThenByDescending(static found => found.Backup.Name, StringComparer.Ordinal).Select(static found => found.Backup)];

    /// <summary>Why no backup can be made here, as a phrase behind the folder's name; null where nothing stands against it.</summary>
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

    /// <summary>A backup by its name, or "latest".</summary>
    /// <exception cref="BackupFailedException">There is none.</exception>
    public Backup Find(string name)
    {
        var all = List();
        return name == "latest"
            ? all.FirstOrDefault(static backup => !backup.IsBeforeMigration) ?? throw new BackupFailedException($"There is no backup in {Path}. Make one with `pilothouse backup`, or set BACKUP_DIR to the folder that has them.")
            : all.FirstOrDefault(backup => backup.Name == name || backup.Path == System.IO.Path.GetFullPath(name)) ?? throw new BackupFailedException($"There is no backup {name} in {Path}. `pilothouse backup list` shows those that are there.");
    }

    /// <summary>
    /// Makes the folder where it is missing, waits for another backup that is being made, removes what a killed one left behind, and renames manifests of
    /// older versions.
    /// </summary>
    /// <returns>The lock: nobody else makes, removes or names backups here until it is disposed.</returns>
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
    /// A name that is free and sorts behind every other, also after the clock was set back: the newest backup is always the last by name.
    /// </summary>
    public string NextName(bool compressed)
    {
        var local = clock.GetLocalNow().DateTime;
        var newest = Directory.EnumerateFiles(Path).Select(file => Look(file) is { Backup.IsBeforeMigration: false } found ? found.Local : default).DefaultIfEmpty().Max();
        return BackupName.Of(newest.AddSeconds(1) > local ? newest.AddSeconds(1) : local, compressed);
    }

    /// <summary>Notes for every program that looks here that a backup failed now; a good one that is made later outdates it.</summary>
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
            // Whoever asked for the backup is told of the failure itself.
        }
    }

    /// <summary>When a backup failed the last time, by whomever; null where none did or nobody could note it.</summary>
    public DateTimeOffset? LastFailure() =>
        File.Exists(FailurePath) && DateTimeOffset.TryParse(File.ReadAllText(FailurePath), CultureInfo.InvariantCulture, out var at) ? at : null;

    private string FailurePath => System.IO.Path.Combine(Path, ".last_failure");

    /// <summary>Where a file is made before it gets its name.</summary>
    /// <param name="purpose">One word.</param>
    /// <param name="name">The backup's name. The file's own is one that no search for backups finds: who took it would have half a file.</param>
    public string PathForUnfinished(string purpose, string name) => System.IO.Path.Combine(Path, $"{purpose}_{BackupName.Bare(name)}{Unfinished}");

    /// <summary>Gives a finished file its name, for good: after a power cut it is there under the new name or not at all.</summary>
    public string Name(string unfinished, string name)
    {
        var target = System.IO.Path.Combine(Path, name);
        FileOwner.CopyOwner(Path, unfinished);
        File.Move(unfinished, target, overwrite: false);
        DurableFile.FlushFolder(Path);
        return target;
    }

    /// <summary>
    /// Removes the oldest beyond <paramref name="most"/> of each maker, so that none pushes out those of another; the seed's count with the schedule's
    /// and with the command's. Never the last good one of a maker, and nothing that neither we nor the seed have made.
    /// </summary>
    /// <returns>The names of those that should be gone and could not be removed.</returns>
    public IReadOnlyList<string> Prune(int most) => [.. Backup.Surplus(List(), most).Where(backup => !TryRemove(backup)).Select(static backup => backup.Name)];

    /// <summary>Under another name first: a backup that is half removed must not look like one.</summary>
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
        // Older versions called theirs trading_bot_backup_....unfinished and verify_trading_bot_backup_....unfinished.
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

    /// <summary>Removes a manifest without a backup, and gives one of an older version its new name.</summary>
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

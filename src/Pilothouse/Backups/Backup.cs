namespace Pilothouse.Backups;

/// <summary>How much is known of a backup without reading it.</summary>
internal enum BackupState
{
    /// <summary>Made and verified here; the file has the size that it had then.</summary>
    Good,

    /// <summary>Without a manifest: the seed's, or a copy from before a migration. Only verifying it tells.</summary>
    Unproven,

    /// <summary>It cannot be what was made.</summary>
    Broken,
}

/// <summary>One backup in the folder.</summary>
/// <param name="Name">The file's name.</param>
/// <param name="Path">The file.</param>
/// <param name="MadeAt">From its manifest, else from its name.</param>
/// <param name="SizeBytes">Of the file.</param>
/// <param name="State">What is known without reading it.</param>
/// <param name="Problem">What is wrong, as a phrase.</param>
/// <param name="Manifest">What was noted when it was made.</param>
internal sealed record Backup(string Name, string Path, DateTimeOffset MadeAt, long SizeBytes, BackupState State, string? Problem, BackupManifest? Manifest)
{
    public const string BySchedule = "schedule";
    public const string ByCommand = "command";
    public const string ByApi = "api";

    /// <summary>Who made it; null where nothing says so, as of the seed's.</summary>
    public string? Maker => Manifest?.MadeBy is BySchedule or ByCommand or ByApi ? Manifest.MadeBy : null;

    /// <summary>Of a list with the newest first, what is beyond <paramref name="most"/> of each maker.</summary>
    public static List<Backup> Surplus(IReadOnlyList<Backup> all, int most) => [.. new[] { BySchedule, ByCommand, ByApi }
        .Select(maker => all.Where(backup => !backup.IsBeforeMigration && (backup.Maker == maker || (backup.Maker is null && maker != ByApi))))
        .SelectMany(made => made.Skip(most).Except(made.Where(static backup => backup.State == BackupState.Good).Take(1))).Distinct()];

    public bool IsBeforeMigration => Name.StartsWith(BackupName.BeforeMigration, StringComparison.Ordinal);
}

/// <summary>A backup could not be made, found, verified or restored; the message says why and what to do.</summary>
internal sealed class BackupFailedException(string message, Exception? cause = null) : Exception(message, cause);

/// <summary>Somebody else makes a backup now.</summary>
internal sealed class BackupRunningException() : Exception("Another backup is being made in this folder. Wait for it to end.");

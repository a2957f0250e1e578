namespace Pilothouse.Backups;

/// <summary>What is known about a backup without reading all of it.</summary>
internal enum BackupState
{
    /// <summary>This program made and verified it, and the file still has the same size.</summary>
    Good,

    /// <summary>
    /// It has no manifest: it was made by the previous Python server or before a migration. It must be verified to know more.
    /// </summary>
    Unproven,

    /// <summary>It is not the file that was made.</summary>
    Broken,
}

/// <summary>One backup in the folder.</summary>
/// <param name="Name">The name of the file.</param>
/// <param name="Path">The path of the file.</param>
/// <param name="MadeAt">When it was made, from its manifest or else from its name.</param>
/// <param name="SizeBytes">The size of the file.</param>
/// <param name="State">What is known without reading the file.</param>
/// <param name="Problem">What is wrong with it, as a phrase; null if nothing is known.</param>
/// <param name="Manifest">The manifest that was written when it was made; null if there is none.</param>
internal sealed record Backup(string Name, string Path, DateTimeOffset MadeAt, long SizeBytes, BackupState State, string? Problem, BackupManifest? Manifest)
{
    public const string BySchedule = "schedule";
    public const string ByCommand = "command";
    public const string ByApi = "api";

    /// <summary>What made it (schedule, command or api); null if that is unknown, as for backups of the previous Python server.</summary>
    public string? Maker => Manifest?.MadeBy is BySchedule or ByCommand or ByApi ? Manifest.MadeBy : null;

    /// <summary>Returns the backups beyond the newest <paramref name="most"/> of each maker. The list must have the newest first.</summary>
    public static List<Backup> Surplus(IReadOnlyList<Backup> all, int most) => [.. new[] { BySchedule, ByCommand, ByApi }
        .Select(maker => all.Where(backup => !backup.IsBeforeMigration && (backup.Maker == maker || (backup.Maker is null && maker != ByApi))))
        .SelectMany(made => made.Skip(most).Except(made.Where(static backup => backup.State == BackupState.Good).Take(1))).Distinct()];

    public bool IsBeforeMigration => Name.StartsWith(BackupName.BeforeMigration, StringComparison.Ordinal);
}

/// <summary>A backup could not be made, found, verified or restored; the message says why and what to do.</summary>
internal sealed class BackupFailedException(string message, Exception? cause = null) : Exception(message, cause);

/// <summary>Another program is making a backup in this folder now.</summary>
internal sealed class BackupRunningException() : Exception("Another backup is being made in this folder. Wait for it to end.");

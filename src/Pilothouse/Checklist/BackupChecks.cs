using System.Globalization;
using Pilothouse.Backups;
using Pilothouse.Configuration;
using Pilothouse.Monitoring;
using Pilothouse.Storage;

namespace Pilothouse.Checklist;

/// <summary>Checks whether there is a backup that could be restored.</summary>
internal static class BackupChecks
{
    private const int FewBackups = 3;

    public static IEnumerable<Finding> Look(Settings settings, Surroundings here, TimeProvider clock) => DatabaseEngine.IsFile(settings) ? [Last(settings, clock), Schedule(settings), Place(settings, here)] : [Last(settings, clock), Schedule(settings)];

    private static Finding Last(Settings settings, TimeProvider clock)
    {
        var folder = new BackupFolder(settings.BackupDir, clock);
        if (folder.Obstacle() is { } obstacle)
        {
            return Finding.Red("backup", $"No backup can be made: {folder.Path} {obstacle}.", "Make BACKUP_DIR a folder that the server's user can write to, or set another.");
        }

        if (DatabaseEngine.IsFile(settings) && !File.Exists(settings.DatabasePath))
        {
            return Finding.Green("backup", "There is no database yet.");
        }

        var backups = new BackupHealth(settings, folder, clock);
        backups.DatabaseBegan();
        var health = backups.Look();
        return health.State switch
        {
            ConditionState.Ok when backups.LastGood is not null => Finding.Green("backup", health.Message),
            ConditionState.Ok or ConditionState.Warning => Finding.Yellow("backup", health.Message, "Make one with `pilothouse backup`."),
            _ => Finding.Red("backup", health.Message, "Make one with `pilothouse backup`, and see in the log why the daily one failed."),
        };
    }

    private static Finding Schedule(Settings settings) => !settings.EnableAutoBackup
            ? Finding.Yellow("backup-schedule", "ENABLE_AUTO_BACKUP is off.", "Turn it on, or see that something runs `pilothouse backup` each day (pilothouse-backup.service, cron).")
        : settings.MaxBackups < FewBackups
            ? Finding.Yellow("backup-schedule", string.Create(CultureInfo.InvariantCulture, $"MAX_BACKUPS is {settings.MaxBackups}: an error that is found after {settings.MaxBackups} days is in every backup."), "Set MAX_BACKUPS=30.")
        : Finding.Green("backup-schedule", string.Create(CultureInfo.InvariantCulture, $"Daily at {settings.BackupScheduleHour:00}:{settings.BackupScheduleMinute:00}, {settings.MaxBackups} are kept."));

    private static Finding Place(Settings settings, Surroundings here)
    {
        var (database, backups) = (here.Mounts.Of(settings.DatabasePath), here.Mounts.Of(settings.BackupDir));
        return database is not null && backups is not null && database.Device == backups.Device
            ? Finding.Yellow("backup-place", "The backups are on the disk of the database and die with it.", "Mount another disk on BACKUP_DIR, or copy it to another machine each day (docs/operations.md).")
            : Finding.Green("backup-place", "The backups are on another disk than the database.");
    }
}

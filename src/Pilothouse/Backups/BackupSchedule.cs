using Pilothouse.Configuration;
using Pilothouse.Monitoring;
using Pilothouse.Storage;

namespace Pilothouse.Backups;

/// <summary>Writes a finished backup to the audit log.</summary>
internal delegate Task BackupRecorder(Backup backup);

/// <summary>
/// Makes a backup each day at BACKUP_SCHEDULE_HOUR:MINUTE local time; a missed one is made at once, and a failed one is repeated after a
/// while. Several programs may run this schedule on one folder: the second one finds that the day's backup exists.
/// </summary>
/// <param name="settings">The hour and the minute.</param>
/// <param name="maker">Makes a backup.</param>
/// <param name="health">Knows the backups that there are.</param>
/// <param name="recorder">Writes a backup to the audit log.</param>
/// <param name="database">The database, which may be shared with other servers that have the same schedule; null if it is a file that is not open.</param>
/// <param name="clock">The clock.</param>
/// <param name="logger">Receives what was made, missed and failed.</param>
internal sealed partial class BackupSchedule(
    Settings settings, BackupMaker maker, BackupHealth health, BackupRecorder recorder, Database? database, TimeProvider clock, ILogger<BackupSchedule> logger)
{
    private const string Job = "backup";
    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan RetryAfter = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(30);
    private readonly DailySchedule schedule = new(settings.BackupScheduleHour, settings.BackupScheduleMinute, clock);

    /// <summary>Runs until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        var told = false;
        while (!cancel.IsCancellationRequested)
        {
            try
            {
                // What other servers have made is read before it is said that a backup was missed.
                await ReadSharedAsync(cancel);
                if (!told && IsMissed() is { } due)
                {
                    Missed(logger, due);
                }

                told = true;
                if (IsMissed() is not null)
                {
                    await using var job = database is null ? OwnJob.Instance : await database.TryTakeJobAsync(Job, cancel);
                    if (job is null)
                    {
                        // Another server makes it. If that one dies, this one takes over.
                        await Task.Delay(LookAgainAfter, clock, cancel);
                        continue;
                    }

                    await ReadSharedAsync(cancel);
                    if (IsMissed() is not null && !await MakeAsync(cancel))
                    {
                        await job.DisposeAsync();
                        await Task.Delay(RetryAfter, clock, cancel);
                        continue;
                    }
                }
            }
            catch (DatabaseBusyException busy)
            {
                NotAsked(logger, busy.Message);
                await Task.Delay(LookAgainAfter, clock, cancel);
                continue;
            }

            await schedule.WaitAsync(cancel);
        }
    }

    /// <summary>Reads when a server on the same database last made the scheduled backup.</summary>
    private async Task ReadSharedAsync(CancellationToken cancel)
    {
        if (database is { IsShared: true } && await database.ReadAsync(static session => MaintenanceStore.FindAsync(session, MaintenanceStore.Backup), cancel) is { } run)
        {
            health.NoteShared(run.FinishedAt, run.Message);
        }
    }

    private async Task WriteSharedAsync(Backup backup, CancellationToken cancel)
    {
        if (database is { IsShared: true })
        {
            var run = new PastRun(backup.MadeAt, true, $"{backup.Name} on {Environment.MachineName}");
            await database.WriteAsync(session => MaintenanceStore.RecordAsync(session, MaintenanceStore.Backup, run), cancel);
            health.NoteShared(run.FinishedAt, run.Message);
        }
    }

    /// <summary>
    /// Returns when the last backup was due if it is missing, else null. Only backups made after this database was created count.
    /// </summary>
    private DateTimeOffset? IsMissed()
    {
        var due = schedule.LastUntil(clock.GetUtcNow());
        var last = health.RefreshScheduled();
        bool Counts(DateTimeOffset? madeAt) => madeAt >= due && madeAt <= clock.GetUtcNow() + BackupHealth.ClockTolerance;
        return Counts(last?.MadeAt) || Counts(health.Shared?.MadeAt) || health.DatabaseBegan() > due ? null : due;
    }

    private async Task<bool> MakeAsync(CancellationToken cancel)
    {
        try
        {
            var started = clock.GetTimestamp();

            // Reading and compressing takes minutes and gets a thread of its own.
            IReadOnlyList<string> kept = [];
            var backup = await PatientThread.Run(() => maker.MakeIf(() => IsMissed() is not null, Backup.BySchedule, Patience, NoProgress.Instance, out kept, cancel));
            health.Refresh();
            if (backup is null)
            {
                // Another program with the same schedule has made the backup.
                return true;
            }

            var seconds = clock.GetElapsedTime(started).TotalSeconds;
            Made(logger, backup.Name, backup.SizeBytes, seconds, backup.Manifest!.ForeignKeyViolations);
            await WriteSharedAsync(backup, cancel);
            await recorder(backup);
            if (kept.Count > 0)
            {
                NotRemoved(logger, kept.Count, kept[0]);
            }

            return true;
        }
        catch (Exception error) when (error is not OperationCanceledException || !cancel.IsCancellationRequested)
        {
            Failed(logger, RetryAfter.TotalMinutes, error);
            health.Failed();
            return false;
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Backup {Name} was made and verified: {SizeBytes} bytes in {Seconds:0.0} s; {Orphans} rows refer to rows that are not there, as in the database")]
    private static partial void Made(ILogger logger, string name, long sizeBytes, double seconds, long orphans);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Count} backups beyond MAX_BACKUPS could not be removed, {Name} among them; see to the rights of BACKUP_DIR")]
    private static partial void NotRemoved(ILogger logger, int count, string name);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The backup that was due at {Due:yyyy-MM-dd HH:mm} UTC was missed; it is made now")]
    private static partial void Missed(ILogger logger, DateTimeOffset due);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Whether another server has made the scheduled backup could not be asked: {Reason} It is asked again in a minute")]
    private static partial void NotAsked(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "The scheduled backup failed; it is tried again in {Minutes} minutes")]
    private static partial void Failed(ILogger logger, double minutes, Exception error);
}

using System.Globalization;
using Pilothouse.Configuration;
using Pilothouse.Monitoring;
using Pilothouse.Storage;

namespace Pilothouse.Backups;

/// <summary>
/// The condition of the backups: failed, overdue or good. The folder is read at most once a minute, because other programs may make or
/// remove backups.
/// </summary>
internal sealed class BackupHealth(Settings settings, BackupFolder folder, TimeProvider clock) : IWatched
{
    /// <summary>A day, and two hours for a backup that takes long or has to be repeated.</summary>
    private static readonly TimeSpan Overdue = TimeSpan.FromHours(26);

    /// <summary>A backup that seems to be made later than this from now was made with a wrong clock.</summary>
    public static readonly TimeSpan ClockTolerance = TimeSpan.FromHours(2);

    private static readonly TimeSpan LookEvery = TimeSpan.FromMinutes(1);

    private readonly Lock looking = new();
    private long lookedAt;
    private bool looked;
    private DateTime changedAt;
    private Backup? last;
    private Backup? lastScheduled;
    private int count;
    private DateTimeOffset? failedAt;
    private DateTimeOffset? began;
    private volatile SharedBackup? shared;

    /// <summary>The last scheduled backup that any of the servers on a shared database has made; null if none is known.</summary>
    public SharedBackup? Shared => shared;

    /// <summary>Notes the last scheduled backup of all servers.</summary>
    public void NoteShared(DateTimeOffset madeAt, string name) => shared = new(madeAt, name);

    /// <summary>The newest backup that was made and verified.</summary>
    public Backup? LastGood
    {
        get
        {
            lock (looking)
            {
                return looked && clock.GetElapsedTime(lookedAt) < LookEvery && ChangedAt() == changedAt ? last : Read();
            }
        }
    }

    /// <summary>
    /// Reads the folder now and returns the newest verified backup that can stand in for the scheduled one. One made over the API cannot,
    /// because a few more of them will displace it.
    /// </summary>
    public Backup? RefreshScheduled()
    {
        lock (looking)
        {
            Read();
            return lastScheduled;
        }
    }

    /// <summary>The number of backups in the folder, good or not.</summary>
    public int Count
    {
        get
        {
            _ = LastGood;
            return count;
        }
    }

    /// <summary>How many attempts failed since the start.</summary>
    public long Failures { get; private set; }

    /// <summary>Reads the folder now and returns the newest good backup.</summary>
    public Backup? Refresh()
    {
        lock (looking)
        {
            return Read();
        }
    }

    /// <summary>Records a failed attempt. The condition stays failed until any program has made a later backup.</summary>
    public void Failed()
    {
        lock (looking)
        {
            Failures++;
            failedAt = clock.GetUtcNow();
            Read();
        }
    }

    /// <summary>Returns when the tables of this database were created: a backup that was due before that was not missed.</summary>
    public DateTimeOffset DatabaseBegan()
    {
        if (began is { } known)
        {
            return known;
        }

        try
        {
            began = DatabaseEngine.BeganAt(settings);
        }
        catch (Exception error) when (error is EngineException or DatabaseRefusedException)
        {
            // It cannot be read now. It is asked again the next time.
        }

        return began ?? DateTimeOffset.MinValue;
    }

    /// <summary>Returns the condition for a command, which may wait for the database.</summary>
    public static Condition Look(Settings settings, TimeProvider clock)
    {
        var health = new BackupHealth(settings, new BackupFolder(settings.BackupDir, clock), clock);
        health.DatabaseBegan();
        return health.Look();
    }

    public Condition Look()
    {
        if (folder.Obstacle() is not null)
        {
            return new("backups", ConditionState.Failed, "No backup can be made: BACKUP_DIR is no folder that this user can write to. Make it one, or set another; `pilothouse backup` says what stands in its way.");
        }

        var good = LastGood;
        var now = clock.GetUtcNow();
        var other = shared is { } made && !(made.MadeAt <= good?.MadeAt) ? made : null;
        var madeAt = other?.MadeAt ?? good?.MadeAt;
        var told = other is not null ? $"The last verified backup is {Ago(now - other.MadeAt)} old ({other.Name})"
            : good is null ? "There is no verified backup yet" : $"The last verified backup is {Ago(now - good.MadeAt)} old";

        // The schedule uses the same rule: a backup that was due before the database was created was not missed.
        var age = now - (madeAt > Began && madeAt <= now + ClockTolerance ? madeAt.Value : Began);
        if (LatestFailure() > (madeAt ?? DateTimeOffset.MinValue))
        {
            return new("backups", ConditionState.Failed, $"The last backup failed. {told}. The server's log says why; `pilothouse backup` tries again.");
        }

        if (now - madeAt < -ClockTolerance && now - Began <= Overdue)
        {
            return new("backups", ConditionState.Warning, "The newest backup was made at a time that has not come yet: the clock was wrong then, or is now. Set it right.");
        }

        if (age <= Overdue)
        {
            return new("backups", ConditionState.Ok, madeAt is null && settings.EnableAutoBackup
                ? string.Create(CultureInfo.InvariantCulture, $"{told}; the first one is due at {settings.BackupScheduleHour:00}:{settings.BackupScheduleMinute:00}.")
                : $"{told}.");
        }

        // Without the server's own schedule, something else makes the backups (cron, `backup service`), if there ever was one.
        return settings.EnableAutoBackup || madeAt is not null
            ? new("backups", ConditionState.Failed, $"{told}: the daily one is overdue. The server's log says why; `pilothouse backup` makes one now.")
            : new("backups", ConditionState.Warning, $"{told}, and ENABLE_AUTO_BACKUP is off. `pilothouse backup` makes one now.");
    }

    /// <summary>
    /// Like <see cref="DatabaseBegan"/>, but only from memory where the database is on a server: a condition must not wait for that.
    /// </summary>
    private DateTimeOffset Began => began ?? (DatabaseEngine.IsFile(settings) ? DatabaseBegan() : DateTimeOffset.MaxValue);

    private DateTimeOffset? LatestFailure()
    {
        try
        {
            return folder.LastFailure() is { } noted && !(noted < failedAt) ? noted : failedAt;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return failedAt;
        }
    }

    private static string Ago(TimeSpan age) =>
        age < TimeSpan.FromHours(2) ? string.Create(CultureInfo.InvariantCulture, $"{Math.Max(0, (int)age.TotalMinutes)} minutes")
        : age < TimeSpan.FromDays(3) ? string.Create(CultureInfo.InvariantCulture, $"{(int)age.TotalHours} hours")
        : string.Create(CultureInfo.InvariantCulture, $"{(int)age.TotalDays} days");

    /// <summary>The folder's time of change. It shows at once that another process made or removed a backup.</summary>
    private DateTime ChangedAt() => Directory.GetLastWriteTimeUtc(folder.Path);

    private Backup? Read()
    {
        try
        {
            var all = folder.List();
            count = all.Count;

            // A backup from the future was made with a wrong clock. It must not count as good for all the days until then.
            var soon = clock.GetUtcNow() + ClockTolerance;
            Backup[] good = [.. all.Where(static backup => backup.State == BackupState.Good)];
            last = Array.Find(good, backup => backup.MadeAt <= soon) ?? good.FirstOrDefault();
            lastScheduled = Array.Find(good, backup => backup.MadeAt <= soon && backup.Maker != Backup.ByApi);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            (last, lastScheduled, count) = (null, null, 0);
        }

        (lookedAt, looked, changedAt) = (clock.GetTimestamp(), true, ChangedAt());
        return last;
    }
}

/// <summary>A scheduled backup of a shared database.</summary>
/// <param name="MadeAt">When it was made.</param>
/// <param name="Name">Its name, and the host that has it.</param>
internal sealed record SharedBackup(DateTimeOffset MadeAt, string Name);

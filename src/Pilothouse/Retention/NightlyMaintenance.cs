using System.Diagnostics;
using System.Globalization;
using System.Runtime.ExceptionServices;
using Pilothouse.Configuration;
using Pilothouse.Monitoring;
using Pilothouse.Operations;
using Pilothouse.Storage;

namespace Pilothouse.Retention;

/// <summary>
/// The work of each night, an hour after the backup, so that the backup still contains what is deleted: deletes old rows, updates the
/// statistics of the indexes, runs a checkpoint, and checks the file. A night that was missed or failed is made up for.
/// </summary>
internal sealed partial class NightlyMaintenance(
    Database database, IntegrityCheck integrity, ClockGuard guard, AuditLog audit, Settings settings, TimeProvider clock, ILogger<NightlyMaintenance> logger) : SteadyService(logger), IWatched
{
    public const string Name = "maintenance";

    /// <summary>A missed night is made up for this long after the start, when a missed backup has been made.</summary>
    public static readonly TimeSpan MakeUpAfter = TimeSpan.FromMinutes(15);

    private const string Job = "nightly";
    private static readonly TimeSpan TryAgainAfter = TimeSpan.FromHours(1);
    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LongestRun = TimeSpan.FromHours(3);
    private readonly DailySchedule schedule = new((settings.BackupScheduleHour + 1) % 24, settings.BackupScheduleMinute, clock);
    private readonly DateTimeOffset startedAt = clock.GetUtcNow();
    private volatile PastRun? last;

    public Condition Look()
    {
        var now = clock.GetUtcNow();
        var due = schedule.LastUntil(now);
        return last is { Good: false } ? new(Name, ConditionState.Failed, last.Message)
            : guard.Doubt is { } doubt ? new(Name, ConditionState.Warning, doubt.Message)
            : now > due + LongestRun && startedAt < due && (last is null || last.FinishedAt < due)
                ? new(Name, ConditionState.Failed, "The nightly work (retention, integrity check) is overdue; the log says why.")
                : new(Name, ConditionState.Ok, last is null ? "The nightly work has not run yet." : string.Create(CultureInfo.InvariantCulture, $"{last.Message} ({last.FinishedAt:yyyy-MM-dd HH:mm} UTC)"));
    }

    /// <summary>Does all of the work once, now.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        PastRun run;
        try
        {
            run = await WorkAsync(cancel);
        }
        catch (Exception error) when (!cancel.IsCancellationRequested)
        {
            Failed(logger, error);
            var why = error is DatabaseBusyException or DatabaseFullException ? error.Message : "The log says why.";
            run = new(clock.GetUtcNow(), false, $"The nightly work failed and is tried again within an hour. {why}");
        }

        last = run;
        try
        {
            await database.WriteAsync(session => MaintenanceStore.RecordAsync(session, MaintenanceStore.Nightly, run), cancel);
        }
        catch (Exception error) when (!cancel.IsCancellationRequested)
        {
            Failed(logger, error);
        }
    }

    protected override async Task RunSteadilyAsync(CancellationToken stoppingToken)
    {
        try
        {
            await StartAfterRestartAsync(stoppingToken);
        }
        catch (Exception error) when (!stoppingToken.IsCancellationRequested)
        {
            Failed(logger, error);
        }

        var missed = last is null || last.FinishedAt < schedule.LastUntil(clock.GetUtcNow());
        if (missed)
        {
            await Task.Delay(MakeUpAfter, clock, stoppingToken);
            await RunOnceForAllAsync(stoppingToken);
        }

        while (true)
        {
            await (last is { Good: false } ? Task.Delay(TryAgainAfter, clock, stoppingToken) : schedule.WaitAsync(stoppingToken));
            await RunOnceForAllAsync(stoppingToken);
        }
    }

    /// <summary>
    /// Does the work unless another server on the same database has done it since it was due. While another one does it, this one waits:
    /// if that one dies, this one takes over.
    /// </summary>
    internal async Task RunOnceForAllAsync(CancellationToken cancel)
    {
        while (true)
        {
            try
            {
                await using var job = await database.TryTakeJobAsync(Job, cancel);
                if (job is not null)
                {
                    if (database.IsShared && await DoneByAnotherAsync(cancel) is { } done)
                    {
                        last = done;
                        return;
                    }

                    await RunAsync(cancel);
                    return;
                }
            }
            catch (DatabaseBusyException busy)
            {
                NotAsked(logger, busy.Message);
            }

            await Task.Delay(LookAgainAfter, clock, cancel);
        }
    }

    /// <summary>Returns the run of another server since the work was due; null if there is none or it failed.</summary>
    private async Task<PastRun?> DoneByAnotherAsync(CancellationToken cancel) =>
        await database.ReadAsync(static session => MaintenanceStore.FindAsync(session, MaintenanceStore.Nightly), cancel) is { Good: true } run
            && run.FinishedAt >= schedule.LastUntil(clock.GetUtcNow()) ? run : null;

    private async Task StartAfterRestartAsync(CancellationToken cancel)
    {
        last = await database.ReadAsync(static session => MaintenanceStore.FindAsync(session, MaintenanceStore.Nightly), cancel);
        await integrity.LoadAsync(cancel);
        if (integrity.IsUrgent)
        {
            CheckedNow(logger, integrity.FoundDamage ? "It was found damaged before" : "The last end was not clean (a kill, a power cut; what was answered is stored), or another program has the database open");
            await integrity.RunAsync(cancel);
        }
    }

    private async Task<PastRun> WorkAsync(CancellationToken cancel)
    {
        if (integrity.FoundDamage && !await integrity.RunAsync(cancel))
        {
            return new(clock.GetUtcNow(), false, "Nothing was deleted, because the database is damaged.");
        }

        var doubt = await guard.LookAsync(cancel);
        // If one part fails, the others still run.
        long rows = 0;
        Func<Task>[] parts =
        [
            async () => rows = doubt is null ? await DeleteAsync(cancel) : 0,
            () => database.Upkeep.OptimizeAsync(cancel),
            () => database.Upkeep.ShortenLogAsync(cancel),
            () => integrity.RunAsync(cancel),
        ];
        var failures = new List<Exception>();
        foreach (var part in parts)
        {
            try
            {
                await part();
            }
            catch (Exception error) when (!cancel.IsCancellationRequested)
            {
                failures.Add(error);
            }
        }

        if (failures.Count > 0)
        {
            ExceptionDispatchInfo.Throw(failures.Count == 1 ? failures[0] : new AggregateException(failures));
        }

        return new(clock.GetUtcNow(), true, doubt is null
            ? string.Create(CultureInfo.InvariantCulture, $"The nightly work deleted {rows} rows.")
            : "The nightly work deleted nothing, because the clock had been set ahead by days, or the server was off.");
    }

    private async Task<long> DeleteAsync(CancellationToken cancel)
    {
        var started = Stopwatch.GetTimestamp();
        var tables = await new Cleanup(database, settings.Retention, clock).RunAsync(dryRun: false, cancel);
        var rows = tables.Sum(static table => table.Rows);
        var seconds = (long)Stopwatch.GetElapsedTime(started).TotalSeconds;
        var byTable = CleanedTable.ByTable(tables);
        Deleted(logger, rows, seconds, byTable);
        if (rows > 0)
        {
            await audit.RecordAsync(database, Call.OfServer(cancel), AuditedWork.Cleanup, CleanedTable.ChangeOf(tables));
        }

        return rows;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The whole database is checked now. {Why}")]
    private static partial void CheckedNow(ILogger logger, string why);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Whether another server does the nightly work could not be asked: {Reason} It is asked again in a minute")]
    private static partial void NotAsked(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "Retention deleted {Rows} rows in {Seconds} s: {Tables}")]
    private static partial void Deleted(ILogger logger, long rows, long seconds, string tables);

    [LoggerMessage(Level = LogLevel.Error, Message = "The nightly work failed; it is tried again in an hour")]
    private static partial void Failed(ILogger logger, Exception error);
}

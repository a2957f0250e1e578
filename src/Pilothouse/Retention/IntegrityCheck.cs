using System.Diagnostics;
using System.Globalization;
using Pilothouse.Monitoring;
using Pilothouse.Storage;

namespace Pilothouse.Retention;

/// <summary>
/// Checks the whole database file for damage each night, and after a start that follows a crash. The result is stored in the database, so
/// that a restart does not make a damaged file look good. A damaged page that a request finds counts at once.
/// </summary>
internal sealed partial class IntegrityCheck(Database database, TimeProvider clock, ILogger<IntegrityCheck> logger) : IWatched
{
    public const string Name = "integrity";

    private const string Damaged = "The database is damaged. Stop the server and restore a backup with `pilothouse backup restore` (docs/operations.md, Damaged database).";

    private volatile PastRun? last;

    /// <summary>Whether damage is known.</summary>
    public bool FoundDamage => database.Upkeep.IsDamaged || last is { Good: false };

    /// <summary>Whether the file must be checked now and not only tonight.</summary>
    public bool IsUrgent => FoundDamage || !database.Upkeep.WasClosedCleanly;

    public Condition Look() => FoundDamage
        ? new(Name, ConditionState.Failed, Damaged)
        : new(Name, ConditionState.Ok, last is null
            ? "The database was not checked yet; that is done each night."
            : string.Create(CultureInfo.InvariantCulture, $"The database was whole on {last.FinishedAt:yyyy-MM-dd HH:mm} UTC."));

    /// <summary>Loads the result of the last check before this start.</summary>
    public async Task LoadAsync(CancellationToken cancel)
    {
        database.Upkeep.RemoveLeftovers(reason => NotCopied(logger, reason));
        last ??= await database.ReadAsync(static session => MaintenanceStore.FindAsync(session, MaintenanceStore.Integrity), cancel);
    }

    /// <summary>Checks the file, or a copy of it that is removed afterwards.</summary>
    /// <returns>True if no damage was found.</returns>
    public async Task<bool> RunAsync(CancellationToken cancel)
    {
        var started = Stopwatch.GetTimestamp();
        var problem = await PatientThread.Run(() => FindProblem(cancel));
        var run = new PastRun(clock.GetUtcNow(), problem is null, problem ?? "");
        last = run;
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        if (problem is null)
        {
            FileIsWhole(logger, seconds);
        }
        else
        {
            FileIsDamaged(logger, problem);
        }

        await RecordAsync(run, cancel);
        return problem is null;
    }

    /// <summary>
    /// Stores that a request has found a damaged page. This happens before the check, which takes longer and may be cancelled.
    /// </summary>
    public async Task NoteMetAsync(CancellationToken cancel)
    {
        const string Met = "a request came upon a damaged page";
        if (last is not { Good: false })
        {
            last = new PastRun(clock.GetUtcNow(), false, Met);
            FileIsDamaged(logger, Met);
            await RecordAsync(last, cancel);
        }

        await RunAsync(cancel);
    }

    /// <summary>
    /// Returns the damage, or null. An empty, foreign or lost file counts as damaged and is not opened, because the engine would remove the
    /// log beside it.
    /// </summary>
    private string? FindProblem(CancellationToken cancel)
    {
        try
        {
            return database.Upkeep.FindDamage(reason => NotCopied(logger, reason), cancel);
        }
        catch (DatabaseRefusedException refused)
        {
            return refused.Message;
        }
    }

    private async Task RecordAsync(PastRun run, CancellationToken cancel)
    {
        try
        {
            await database.WriteAsync(session => MaintenanceStore.RecordAsync(session, MaintenanceStore.Integrity, run), cancel);
        }
        catch (Exception error) when (!run.Good && error is not OperationCanceledException)
        {
            // A damaged file may refuse this write. The damage has been logged already.
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The whole database was checked in {Seconds:0.0} s: it is whole")]
    private static partial void FileIsWhole(ILogger logger, double seconds);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The copy for the check of the database could not be made or removed, so the file itself is checked: {Reason}")]
    private static partial void NotCopied(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "The database is damaged: {Problem}. Stop the server and restore a backup with pilothouse backup restore")]
    private static partial void FileIsDamaged(ILogger logger, string problem);
}

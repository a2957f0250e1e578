using Pilothouse.Storage.Files;
using Pilothouse.Storage.Migrations;

namespace Pilothouse.Storage.Sqlite;

/// <summary>The maintenance of a database in one SQLite file while it is in use.</summary>
internal sealed class SqliteDatabaseUpkeep(SqliteDatabase database) : Upkeep
{
    private const string CopySuffix = "-check";
    private const long LargestInPlace = 64L << 20;
    private const long SpareRoom = 512L << 20;

    public override bool IsDamaged => database.IsDamaged;

    public override bool WasClosedCleanly => database.WasClosedCleanly;

    public override Task OptimizeAsync(CancellationToken cancel) => Task.Run(() => SqliteUpkeep.Optimize(database.Path), cancel);

    public override Task ShortenLogAsync(CancellationToken cancel) => Task.Run(() => SqliteUpkeep.CheckpointBeside(database.Path), cancel);

    public override string? FindDamage(Action<string> notCopied, CancellationToken cancel)
    {
        if (!IsDamaged && IsLarge() && IsCopyWhole(notCopied, cancel))
        {
            return null;
        }

        PatientThread.GiveWay();
        return SqliteUpkeep.FindDamage(database.Path, cancel);
    }

    public override void RemoveLeftovers(Action<string> notRemoved)
    {
        try
        {
            DurableFile.Remove(database.Path + CopySuffix);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            notRemoved(error.Message);
        }
    }

    public override DatabaseFacts CopyTo(string target, IProgress<double>? progress, CancellationToken cancel) =>
        database.CopyTo(target, DatabaseFacts.Read, progress, cancel);

    public override FileUpkeep Files => new SqliteFileUpkeep(database);

    /// <summary>
    /// Whether checking the file itself would keep the log from being shortened for long, and there is space for a copy to check instead.
    /// </summary>
    private bool IsLarge()
    {
        // A missing file does not count as large; the check of the file itself then reports what is wrong.
        return new FileInfo(database.Path) is { Exists: true, Length: > LargestInPlace and var bytes } && FullDisk.RoomBeside(database.Path) > (2 * bytes) + SpareRoom;
    }

    /// <summary>
    /// Checks a copy. Checking a gigabyte takes some ten seconds on one snapshot, and the log would grow by hundreds of megabytes
    /// meanwhile. If the copy is damaged or could not be made, the file itself is checked.
    /// </summary>
    private bool IsCopyWhole(Action<string> notCopied, CancellationToken cancel)
    {
        var copy = database.Path + CopySuffix;
        try
        {
            DurableFile.Create(copy);
            database.CopyTo(copy, static _ => true, progress: null, cancel);
            PatientThread.GiveWayToAll();
            return SqliteUpkeep.FindDamage(copy, cancel) is null;
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            cancel.ThrowIfCancellationRequested();
            notCopied(error.Message);
            return false;
        }
        finally
        {
            RemoveLeftovers(notCopied);
        }
    }
}

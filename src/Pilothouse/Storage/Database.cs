namespace Pilothouse.Storage;

/// <summary>The interface between features and a database engine: runs reads on a connection and writes in a transaction.</summary>
internal abstract class Database : IAsyncDisposable
{
    /// <summary>
    /// Runs reads on one connection; each statement sees everything that was committed before it began. The engine may interrupt
    /// <paramref name="work"/> and run it again from its beginning, unless it is of <see cref="ReadKind.Own"/>, so the work must have no
    /// effect except its result. Throws <see cref="DatabaseBusyException"/> if it has waited too long for a connection, or takes longer
    /// than its kind may.
    /// </summary>
    public abstract ValueTask<T> ReadAsync<T>(ReadKind kind, Func<Session, ValueTask<T>> work, CancellationToken cancel = default);

    /// <summary>Runs several reads on one snapshot of the database; otherwise like ReadAsync.</summary>
    public abstract ValueTask<T> SnapshotAsync<T>(ReadKind kind, Func<Session, ValueTask<T>> work, CancellationToken cancel = default);

    /// <summary>Runs a read for the server's own work.</summary>
    public ValueTask<T> ReadAsync<T>(Func<Session, ValueTask<T>> work, CancellationToken cancel = default) => ReadAsync(ReadKind.Own, work, cancel);

    /// <summary>
    /// Runs <paramref name="work"/> in a transaction: all of it is stored or, if it throws, nothing. The task completes after the commit is
    /// on the disk (DURABILITY=full). The work may be run again in another transaction if another write of the group ended the first one,
    /// so it must have no effect except through its session. Throws <see cref="DatabaseBusyException"/> if the queue is full or another
    /// program holds the lock, <see cref="DatabaseFullException"/> if the disk is full, and <see cref="RowKeptAwayException"/> if a trigger
    /// or another rule of another program refuses a row.
    /// </summary>
    public abstract Task<T> WriteAsync<T>(Func<Session, ValueTask<T>> work, CancellationToken cancel = default);

    /// <summary>
    /// Returns a number that changes with every commit of this or another process. Equal numbers mean that nothing was written in between.
    /// </summary>
    public abstract ValueTask<long> StampAsync(CancellationToken cancel = default);

    /// <summary>
    /// Completes when the stamp differs from <paramref name="stamp"/>: at once after a commit of this process, and within
    /// <see cref="LongestUnseen"/> after a commit of another process.
    /// </summary>
    public async Task WaitForChangeAsync(long stamp, CancellationToken cancel)
    {
        while (true)
        {
            var committed = Commits.Next;
            if (await StampAsync(cancel) != stamp)
            {
                return;
            }

            try
            {
                // The machine's own time is used, because tests may stop the server's clock.
                await committed.WaitAsync(LongestUnseen, TimeProvider.System, cancel);
            }
            catch (TimeoutException)
            {
                // The time is up. Another process may have committed meanwhile, so look again.
            }
        }
    }

    /// <summary>How long it may take until a commit of another process is noticed.</summary>
    public static readonly TimeSpan LongestUnseen = TimeSpan.FromMilliseconds(250);

    /// <summary>Signals the commits of this process. The engine raises it.</summary>
    protected CommitSignal Commits { get; } = new();

    /// <summary>
    /// Checks that the database answers and that its files are still the ones that were opened. Throws
    /// <see cref="DatabaseBrokenException"/> if not.
    /// </summary>
    public abstract ValueTask ProbeAsync(CancellationToken cancel = default);

    /// <summary>
    /// The size in bytes of the write-ahead log: commits that are not yet in the database file. It grows as long as a program keeps an old
    /// snapshot open. 0 if the engine has no such log.
    /// </summary>
    public abstract long LogBytes { get; }

    /// <summary>Whether several servers may use the database at once.</summary>
    public virtual bool IsShared => false;

    /// <summary>
    /// Takes a job that only one of the servers on this database does at a time. The job becomes free when the result is disposed, and when
    /// this process or its connection ends.
    /// </summary>
    /// <returns>Null while another server has the job.</returns>
    public virtual ValueTask<IAsyncDisposable?> TryTakeJobAsync(string name, CancellationToken cancel = default) => new(OwnJob.Instance);

    /// <summary>The maintenance of the database.</summary>
    public abstract Upkeep Upkeep { get; }

    public abstract ValueTask DisposeAsync();
}

/// <summary>A job on a database that no other server uses.</summary>
internal sealed class OwnJob : IAsyncDisposable
{
    public static readonly OwnJob Instance = new();

    public ValueTask DisposeAsync() => default;
}

/// <summary>The database cannot run the read or write now. A retry in a moment may succeed. Nothing was stored.</summary>
internal sealed class DatabaseBusyException(string message) : Exception(message)
{
    /// <summary>After how many seconds a retry makes sense.</summary>
    public int RetryAfterSeconds { get; init; } = 1;
}

/// <summary>
/// What a write was decided from has changed meanwhile, so nothing was stored. It may be run again after <see cref="CatchUp"/>.
/// </summary>
internal sealed class StaleWriteException(string message, Func<CancellationToken, Task> catchUp) : Exception(message)
{
    /// <summary>Learns what has changed.</summary>
    public Func<CancellationToken, Task> CatchUp => catchUp;
}

/// <summary>The connection to the database broke while a write was being committed: it may be stored or not.</summary>
internal sealed class DatabaseInDoubtException(Exception cause) : Exception(
    "The connection to the database broke while this was being stored: it may be stored or not. Send it again with the same Idempotency-Key, which tells; without one, look before you send it again.", cause);

/// <summary>The disk is full. Nothing was stored.</summary>
internal sealed class DatabaseFullException(string message) : Exception(message);

/// <summary>
/// The database, its file or its disk has a fault. The message says which and what to do. Nothing of the write was stored.
/// </summary>
internal sealed class DatabaseBrokenException(string message, Exception? cause = null) : Exception(message, cause);

/// <summary>
/// A trigger or another rule that another program added to the database keeps a row from being stored or changed. Nothing of the write was
/// stored.
/// </summary>
internal sealed class RowKeptAwayException(string? said = null, Exception? cause = null) : Exception(
    $"Another program's trigger in the database kept the row away{(said is null ? "" : $" ({said})")}; nothing was stored. Remove the trigger, or send what it lets through (docs/operations.md, Rules of other programs).", cause);

/// <summary>The database cannot be used as it is. The message says why and what to do.</summary>
internal sealed class DatabaseRefusedException(string message) : Exception(message);

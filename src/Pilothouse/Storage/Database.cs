namespace Pilothouse.Storage;

/// <summary>The seam between features and an engine: run a read on a connection, run a write in a transaction.</summary>
internal abstract class Database : IAsyncDisposable
{
    /// <summary>
    /// Runs reads on one connection; each statement sees all that was committed before it began. The engine may end them and run
    /// <paramref name="work"/> again from its beginning, unless they are <see cref="ReadKind.Own"/>, so it must have no effect but its result.
    /// Throws <see cref="DatabaseBusyException"/> where its turn does not come, or it takes longer than its kind may.
    /// </summary>
    public abstract ValueTask<T> ReadAsync<T>(ReadKind kind, Func<Session, ValueTask<T>> work, CancellationToken cancel = default);

    /// <summary>Runs several reads that see one and the same state; else as ReadAsync.</summary>
    public abstract ValueTask<T> SnapshotAsync<T>(ReadKind kind, Func<Session, ValueTask<T>> work, CancellationToken cancel = default);

    /// <summary>A read of the server's own work.</summary>
    public ValueTask<T> ReadAsync<T>(Func<Session, ValueTask<T>> work, CancellationToken cancel = default) => ReadAsync(ReadKind.Own, work, cancel);

    /// <summary>
    /// Runs <paramref name="work"/> in a transaction: all of it is stored or, when it throws, none. The task completes after the
    /// commit is on disk (DURABILITY=full). The work may be run again, in another transaction, where a neighbour ended the first one: it has
    /// no effect but through its session. Throws <see cref="DatabaseBusyException"/> when the queue is full or another program
    /// holds the file, <see cref="DatabaseFullException"/> when the disk is full, and <see cref="RowKeptAwayException"/> when a rule of another
    /// program refuses a row.
    /// </summary>
    public abstract Task<T> WriteAsync<T>(Func<Session, ValueTask<T>> work, CancellationToken cancel = default);

    /// <summary>
    /// A number that changes whenever anybody, this process or another, commits to the database. Equal numbers mean that nothing
    /// was written in between.
    /// </summary>
    public abstract ValueTask<long> StampAsync(CancellationToken cancel = default);

    /// <summary>
    /// Completes when the stamp is another than <paramref name="stamp"/>: at once after a commit of this process, and within
    /// <see cref="LongestUnseen"/> after one of another.
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
                // The machine's own time and not the server's clock, which a test holds still.
                await committed.WaitAsync(LongestUnseen, TimeProvider.System, cancel);
            }
            catch (TimeoutException)
            {
                // Another process may have written meanwhile.
            }
        }
    }

    /// <summary>How long a commit of another process may go unseen.</summary>
    public static readonly TimeSpan LongestUnseen = TimeSpan.FromMilliseconds(250);

    /// <summary>Raised by the engine after each commit of this process.</summary>
    protected CommitSignal Commits { get; } = new();

    /// <summary>Whether it still answers, and is still the one that was opened. Throws <see cref="DatabaseBrokenException"/> where not.</summary>
    public abstract ValueTask ProbeAsync(CancellationToken cancel = default);

    /// <summary>
    /// Size on the disk of what was committed and is not in the database's file yet. It grows as long as somebody reads an older state. 0 where
    /// the engine keeps no such log.
    /// </summary>
    public abstract long LogBytes { get; }

    /// <summary>What keeps it in good order.</summary>
    public abstract Upkeep Upkeep { get; }

    public abstract ValueTask DisposeAsync();
}

/// <summary>The database cannot take the write or the read now; the same may succeed in a moment. Nothing was stored.</summary>
internal sealed class DatabaseBusyException(string message) : Exception(message)
{
    /// <summary>After how many seconds it is worth another try.</summary>
    public int RetryAfterSeconds { get; init; } = 1;
}

/// <summary>No room on the disk; nothing was stored.</summary>
internal sealed class DatabaseFullException(string message) : Exception(message);

/// <summary>The database, its file or its disk fails; the message says why and what to do. Nothing of the write was stored.</summary>
internal sealed class DatabaseBrokenException(string message, Exception? cause = null) : Exception(message, cause);

/// <summary>
/// A trigger, or another rule, that another program put into the database keeps a row of ours away or unchanged. Nothing of the write was stored.
/// </summary>
internal sealed class RowKeptAwayException(string? said = null, Exception? cause = null) : Exception(
    $"Another program's trigger in the database kept the row away{(said is null ? "" : $" ({said})")}; nothing was stored. Remove the trigger, or send what it lets through (docs/operations.md, Rules of other programs).", cause);

/// <summary>The database cannot be used as it is; the message says why and what to do.</summary>
internal sealed class DatabaseRefusedException(string message) : Exception(message);

using System.Diagnostics;
using Pilothouse.Storage.Files;

namespace Pilothouse.Storage.Sqlite;

/// <summary>
/// The one connection that writes, on a thread of its own. It takes the queued writes (<see cref="WriteQueue"/>) into one
/// transaction, in which one bad write does not fail the others (<see cref="WriteGroup"/>). It commits, and only then completes them: many
/// waiting clients share one sync of the disk.
/// </summary>
internal sealed class SqliteWriter : IDisposable
{
    private static readonly Sql Commit = new("COMMIT");
    private static readonly Sql Rollback = new("ROLLBACK");

    private readonly SqliteConnection connection;
    private readonly WriteLock writeLock;
    private readonly WriteGroup group;
    private readonly LiveFiles files;
    private readonly ILogger logger;
    private readonly EngineMetrics metrics;
    private readonly LogKeeper log;
    private readonly CommitSignal commits;
    private readonly WriteQueue queue;
    private bool isDamaged;

    /// <param name="connection">The connection. The writer disposes it, and the <paramref name="files"/> too.</param>
    /// <param name="files">Checked before and after each transaction.</param>
    /// <param name="log">Called after each transaction.</param>
    /// <param name="metrics">Counts the transactions.</param>
    /// <param name="commits">Raised after each commit.</param>
    /// <param name="logger">Receives failures.</param>
    public SqliteWriter(SqliteConnection connection, LiveFiles files, LogKeeper log, EngineMetrics metrics, CommitSignal commits, ILogger logger)
    {
        this.connection = connection;
        SqliteSettings.KeepCopiesInOnePiece(connection);
        writeLock = new WriteLock(connection);
        group = new WriteGroup(connection);
        this.files = files;
        this.metrics = metrics;
        this.log = log;
        this.commits = commits;
        this.logger = logger;
        queue = new WriteQueue("sqlite writer", Store, RunOutside, () => AtEnd?.Invoke());
        queue.Start();
    }

    /// <summary>The number of writes that wait for their transaction.</summary>
    public int Waiting => queue.Waiting;

    /// <summary>Whether a write has found a damaged page.</summary>
    public bool IsDamaged => isDamaged || group.IsDamaged;

    /// <summary>Whether the writer is ending and takes no more writes.</summary>
    public bool IsEnding => queue.IsEnding;

    /// <summary>Runs on the writer's thread before it ends. It may only be set on that thread (<see cref="BetweenAsync"/>).</summary>
    public Action? AtEnd { get; set; }

    public Task<T> WriteAsync<T>(Func<Session, ValueTask<T>> work, CancellationToken cancel) => queue.AddAsync(new QueuedWrite<T>(work, cancel));

    /// <summary>Runs a short step on the writer's thread and connection between two transactions. Writes wait for it.</summary>
    public Task<T> BetweenAsync<T>(Func<SqliteConnection, T> step) =>
        queue.AddAsync(new QueuedWrite<T>(session => new(step((SqliteConnection)session)), CancellationToken.None, outside: true));

    /// <summary>Stops accepting writes, finishes the waiting ones, and closes the connection.</summary>
    public void Dispose()
    {
        queue.Dispose();

        // This is the last connection. If the names still lead to the open files, SQLite may move the log into the database and remove it.
        connection.KeepLog(files.Look().State != FilesState.Intact);
        files.Dispose();
        connection.Dispose();
        writeLock.Dispose();
    }

    private void RunOutside(QueuedWrite item)
    {
        try
        {
            files.Demand();
            item.Run(connection);
        }
        catch (Exception error)
        {
            item.Refuse(error);
        }

        item.Answer();
    }

    private void Store(List<QueuedWrite> batch)
    {
        Store(batch, withSavepoints: false);
        log.Look(); // After the answers: only those who come meanwhile wait for it.
    }

    /// <summary>Runs one transaction. If it fails as a whole, every write that has not failed on its own gets the reason.</summary>
    private void Store(List<QueuedWrite> batch, bool withSavepoints)
    {
        int refused;
        var commitBegan = 0L;
        try
        {
            files.Demand();
            writeLock.Take();
            refused = withSavepoints ? group.RunWithSavepoints(batch) : group.Run(batch);
            writeLock.Finish();
            commitBegan = Stopwatch.GetTimestamp();
            connection.Get(Commit).Renew().Run();
            // If the log was removed meanwhile, this transaction was lost with it.
            files.Demand();
        }
        catch (HalfDoneWriteException)
        {
            Undo();
            Store(batch, withSavepoints: true);
            return;
        }
        catch (TransactionEndedException) when (batch.Count > 1)
        {
            // Run each write in a transaction of its own, so that only the one that ended the transaction fails.
            batch.ForEach(item => Store([item], withSavepoints: false));
            return;
        }
        catch (Exception error)
        {
            isDamaged |= error is SqliteException { IsDamage: true };
            Undo();
            var reason = SqliteErrors.Translate(error);
            logger.NoteFailure(batch.Count, error, reason);
            metrics.RolledBack(batch.Count);
            batch.ForEach(item => item.Fail(reason));
            if (reason is DatabaseBusyException)
            {
                // They have waited for the lock for five seconds already, and five more would not help.
                queue.RefuseWaiting(reason);
            }

            return;
        }

        metrics.Committed(batch.Count - refused, refused, commitBegan);
        batch.ForEach(static item => item.Answer());
        commits.Raise();
    }

    private void Undo()
    {
        try
        {
            if (!connection.AutoCommit)
            {
                connection.Get(Rollback).Renew().Run();
            }
        }
        catch (SqliteException error)
        {
            logger.RollbackFailed(error);
        }
    }
}

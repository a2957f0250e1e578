using System.Diagnostics;
using System.Threading.Channels;
using Pilothouse.Storage.Files;

namespace Pilothouse.Storage.Sqlite;

/// <summary>
/// The one connection that writes, on a thread of its own. It takes what is queued (up to <see cref="MostInOneCommit"/>) into one
/// transaction, with a savepoint for each item so that one bad write does not fail its neighbours, commits, and only then answers:
/// many waiting clients share one flush of the disk.
/// </summary>
internal sealed class SqliteWriter : IDisposable
{
    public const int MostInOneCommit = 512;
    public const int MostWaiting = 8192;

    private static readonly Sql Commit = new("COMMIT");
    private static readonly Sql Rollback = new("ROLLBACK");
    private static readonly Sql Savepoint = new("SAVEPOINT item");
    private static readonly Sql Release = new("RELEASE item");
    private static readonly Sql RollbackItem = new("ROLLBACK TO item");

    private readonly SqliteConnection connection;
    private readonly WriteLock writeLock;
    private readonly LiveFiles files;
    private readonly ILogger logger;
    private readonly SqliteMetrics metrics;
    private readonly LogKeeper log;
    private readonly CommitSignal commits;
    private readonly Channel<QueuedWrite> queue = Channel.CreateBounded<QueuedWrite>(new BoundedChannelOptions(MostWaiting) { SingleReader = true });
    private readonly Thread thread;

    /// <param name="connection">Becomes its own, as do the <paramref name="files"/>.</param>
    /// <param name="files">Asked before and after each transaction.</param>
    /// <param name="log">Called after each transaction.</param>
    /// <param name="metrics">Is told of each transaction, as are the <paramref name="commits"/>.</param>
    /// <param name="commits">Wakes those who wait for one.</param>
    /// <param name="logger">Is told of failures.</param>
    public SqliteWriter(SqliteConnection connection, LiveFiles files, LogKeeper log, SqliteMetrics metrics, CommitSignal commits, ILogger logger)
    {
        this.connection = connection;
        writeLock = new WriteLock(connection);
        this.files = files;
        this.metrics = metrics;
        this.log = log;
        this.commits = commits;
        this.logger = logger;
        thread = new Thread(Run) { IsBackground = true, Name = "sqlite writer" };
        thread.Start();
    }

    /// <summary>Writes that wait for their transaction.</summary>
    public int Waiting => queue.Reader.Count;

    /// <summary>Whether a write has come upon a damaged page.</summary>
    public bool IsDamaged { get; private set; }

    /// <summary>Whether nothing is taken any more.</summary>
    public bool IsEnding { get; private set; }

    /// <summary>What the writer's thread does before it ends; set on that thread only (<see cref="BetweenAsync"/>).</summary>
    public Action? AtEnd { get; set; }

    public Task<T> WriteAsync<T>(Func<Session, ValueTask<T>> work, CancellationToken cancel) => QueueAsync(new QueuedWrite<T>(work, cancel));

    /// <summary>Runs a short step on the writer's thread, by its connection, between two transactions. Writes wait for it.</summary>
    public Task<T> BetweenAsync<T>(Func<SqliteConnection, T> step) =>
        QueueAsync(new QueuedWrite<T>(session => new(step((SqliteConnection)session)), CancellationToken.None, outside: true));

    private Task<T> QueueAsync<T>(QueuedWrite<T> item)
    {
        if (!queue.Writer.TryWrite(item))
        {
            throw new DatabaseBusyException("Too many writes are waiting. Send this one again in a moment.");
        }

        return item.Task;
    }

    /// <summary>Stops taking writes, finishes those that wait, and closes the connection.</summary>
    public void Dispose()
    {
        IsEnding = true;
        queue.Writer.TryComplete();
        thread.Join();

        // Now, as the last one, it may leave a database without a log behind, if the names still lead to what is open.
        connection.KeepLog(files.Look().State != FilesState.Intact);
        files.Dispose();
        connection.Dispose();
        writeLock.Dispose();
    }

    private void Run()
    {
        var batch = new List<QueuedWrite>(MostInOneCommit);
        var outside = new List<QueuedWrite>();
        while (WaitForItem())
        {
            while (batch.Count < MostInOneCommit && queue.Reader.TryRead(out var item))
            {
                if (!item.Cancelled())
                {
                    (item.IsOutside ? outside : batch).Add(item);
                }
            }

            if (batch.Count > 0)
            {
                Store(batch);
                batch.Clear();
                log.Look(); // After the answers: only those who come meanwhile wait for it.
            }

            outside.ForEach(RunOutside);
            outside.Clear();
        }

        AtEnd?.Invoke();
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

    private bool WaitForItem()
    {
        var more = queue.Reader.WaitToReadAsync();
        return more.IsCompleted ? more.Result : more.AsTask().GetAwaiter().GetResult();
    }

    /// <summary>One transaction. Where it fails as a whole, every item that did not fail by itself gets the reason.</summary>
    private void Store(List<QueuedWrite> batch)
    {
        var refused = 0;
        var commitBegan = 0L;
        try
        {
            files.Demand();
            writeLock.Take();
            foreach (var item in batch)
            {
                refused += StoreOne(item) ? 0 : 1;
            }

            writeLock.Finish();
            commitBegan = Stopwatch.GetTimestamp();
            connection.Get(Commit).Renew().Run();
            // Who removed the log meanwhile has taken this transaction with it.
            files.Demand();
        }
        catch (TransactionEndedException) when (batch.Count > 1)
        {
            // Each in a transaction of its own: then only the one that does it fails.
            batch.ForEach(item => Store([item]));
            return;
        }
        catch (Exception error)
        {
            IsDamaged |= error is SqliteException { IsDamage: true };
            Undo();
            var reason = SqliteErrors.Translate(error);
            NoteFailure(batch.Count, error, reason);
            metrics.RolledBack(batch.Count);
            batch.ForEach(item => item.Fail(reason));
            if (reason is DatabaseBusyException)
            {
                RefuseWaiting(reason);
            }

            return;
        }

        metrics.Committed(batch.Count - refused, refused, commitBegan);
        batch.ForEach(static item => item.Answer());
        commits.Raise();
    }

    /// <summary>Those who queued behind a long lock have waited as long; another five seconds help nobody.</summary>
    private void RefuseWaiting(Exception reason)
    {
        for (var count = queue.Reader.Count; count > 0 && queue.Reader.TryRead(out var item); count--)
        {
            item.Fail(reason);
        }
    }

    /// <returns>Whether it will be stored; else it has its refusal.</returns>
    private bool StoreOne(QueuedWrite item)
    {
        var stored = false;
        connection.Get(Savepoint).Renew().Run();
        try
        {
            item.Run(connection);
            stored = true;
        }
        catch (Exception error)
        {
            IsDamaged |= error is SqliteException { IsDamage: true };

            // Where SQLite has ended the whole transaction by itself, nobody's write is in it.
            TransactionEndedException.ThrowIf(connection.AutoCommit, error);
            connection.Get(RollbackItem).Renew().Run();
            item.Refuse(SqliteErrors.Translate(error));
        }

        connection.Get(Release).Renew().Run();
        return stored;
    }

    /// <summary>What is known needs no stack trace; each request that waited for it has its own line.</summary>
    private void NoteFailure(int count, Exception error, Exception reason)
    {
        if (reason is DatabaseBusyException or DatabaseFullException or DatabaseBrokenException or RowKeptAwayException)
        {
            logger.BatchFailed(count, reason.Message);
        }
        else
        {
            logger.BatchBroke(count, error);
        }
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

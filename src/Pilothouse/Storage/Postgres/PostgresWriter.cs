using System.Diagnostics;
using Npgsql;

namespace Pilothouse.Storage.Postgres;

/// <summary>
/// The one connection that writes, with a thread of its own. A group of writes shares a transaction that begins with a lock which only one
/// server holds at a time: so each read of a write still holds when it writes, and the changes are logged in the order of the commits.
/// </summary>
internal sealed class PostgresWriter : IAsyncDisposable
{
    /// <summary>How long a transaction waits for the lock of another server or another program.</summary>
    private const string LockPatience = "SET LOCAL lock_timeout = '5s'";

    private readonly NpgsqlDataSource source;
    private readonly string[] beginning;
    private readonly WriteQueue queue;
    private readonly EngineMetrics metrics;
    private readonly CommitSignal commits;
    private readonly ILogger logger;
    private NpgsqlConnection? connection;
    private WriteRounds? rounds;

    /// <param name="source">Opens the connection, and opens it again after it was lost.</param>
    /// <param name="durable">Whether a commit waits until it is on the disk.</param>
    /// <param name="metrics">Counts the transactions.</param>
    /// <param name="commits">Raised after each commit.</param>
    /// <param name="logger">Receives failures.</param>
    public PostgresWriter(NpgsqlDataSource source, bool durable, EngineMetrics metrics, CommitSignal commits, ILogger logger)
    {
        this.source = source;
        this.metrics = metrics;
        this.commits = commits;
        this.logger = logger;
        string[] speed = durable ? [] : ["SET LOCAL synchronous_commit = off"];
        beginning = [RoundTrip.Begin, LockPatience, .. speed, "LOCK TABLE write_guard IN EXCLUSIVE MODE"];
        queue = new WriteQueue("postgres writer", Store, RunOutside, Close);
        queue.Start();
    }

    /// <summary>The number of writes that wait for their transaction.</summary>
    public int Waiting => queue.Waiting;

    public Task<T> WriteAsync<T>(Func<Session, ValueTask<T>> work, CancellationToken cancel) => queue.AddAsync(new QueuedWrite<T>(work, cancel));

    public ValueTask DisposeAsync()
    {
        queue.Dispose();
        return default;
    }

    private static void RunOutside(QueuedWrite item) => item.Fail(new NotSupportedException("PostgreSQL has no work between transactions."));

    private void Store(List<QueuedWrite> writes) => Store(writes, oneByOne: false);

    /// <summary>Runs one transaction. If it fails as a whole, every write that has not failed on its own gets the reason.</summary>
    private void Store(List<QueuedWrite> writes, bool oneByOne)
    {
        int refused;
        var isCommitting = false;
        var commitBegan = 0L;
        try
        {
            var group = Open();
            Array.ForEach(beginning, group.AddBefore);
            refused = oneByOne ? group.RunOneByOne(writes) : group.Run(writes);
            group.AddBefore("COMMIT");
            isCommitting = true;
            commitBegan = Stopwatch.GetTimestamp();
            group.Send();
        }
        catch (HalfDoneWriteException) when (!oneByOne)
        {
            if (Undo())
            {
                Store(writes, oneByOne: true);
                return;
            }

            Fail(writes, new DatabaseBusyException(PostgresErrors.Unreachable));
            return;
        }
        catch (Exception error)
        {
            // What PostgreSQL answers to COMMIT is certain. If it does not answer or is ended, the transaction may be stored or not.
            Undo();
            var reason = isCommitting && !PostgresErrors.IsAnswer(error) ? new DatabaseInDoubtException(error) : PostgresErrors.Translate(error);
            logger.NoteFailure(writes.Count, error, reason);
            metrics.RolledBack(writes.Count);
            Fail(writes, reason);
            return;
        }

        metrics.Committed(writes.Count - refused, refused, commitBegan);
        writes.ForEach(static item => item.Answer());
        commits.Raise();
    }

    private void Fail(List<QueuedWrite> writes, Exception reason)
    {
        writes.ForEach(item => item.Fail(reason));
        if (reason is DatabaseBusyException)
        {
            queue.RefuseWaiting(reason);
        }
    }

    private WriteRounds Open()
    {
        if (connection is null)
        {
            connection = source.OpenConnection();
            rounds = new WriteRounds(connection, metrics);
        }

        return rounds!;
    }

    /// <summary>Rolls the transaction back.</summary>
    /// <returns>False if the connection is lost. It is opened again for the next transaction.</returns>
    private bool Undo()
    {
        if (connection is null)
        {
            return false;
        }

        try
        {
            using var rollback = new NpgsqlCommand("ROLLBACK", connection);
            rollback.ExecuteNonQuery();
            return true;
        }
        catch (Exception error) when (error is NpgsqlException or InvalidOperationException)
        {
            Close();
            return false;
        }
    }

    private void Close()
    {
        connection?.Dispose();
        (connection, rounds) = (null, null);
    }
}

using System.Collections.Concurrent;
using System.Diagnostics;

namespace Pilothouse.Storage.Sqlite;

/// <summary>A queue of reads with its connections. Each connection is lent to one caller at a time.</summary>
internal sealed class ReadLane : IDisposable
{
    /// <summary>
    /// The most SQLite steps of a read on a thread of the pool. A page of 500 rows takes half of them, about two milliseconds. A read that
    /// needs more starts over on a thread of its own: the pool has only as many threads as the machine has cores, and a few long reads
    /// would block all requests.
    /// </summary>
    private const long MostStepsOnPool = 50_000;

    private static readonly Sql BeginSnapshot = new("BEGIN");
    private static readonly Sql EndSnapshot = new("COMMIT");

    private readonly ConcurrentStack<ReadingConnection> free = new();
    private readonly ReadingConnection[] all;
    private readonly SemaphoreSlim turns;
    private readonly int mostWaiting;
    private readonly LogPause? pause;
    private int waiting;

    /// <param name="path">The database.</param>
    /// <param name="count">The number of connections.</param>
    /// <param name="durable">Whether commits are synced, like that of the writer.</param>
    /// <param name="mostWaiting">If more reads than this are waiting, new ones are refused at once.</param>
    /// <param name="pause">For long reads: none begins during the pause, and each runs on a thread of its own from its beginning.</param>
    public ReadLane(string path, int count, bool durable, int mostWaiting = int.MaxValue, LogPause? pause = null)
    {
        this.mostWaiting = mostWaiting;
        this.pause = pause;
        all = [.. Enumerable.Range(0, count).Select(_ => new ReadingConnection(path, durable))];
        free.PushRange(all);
        turns = new SemaphoreSlim(count);
    }

    /// <summary>The number of connections in use.</summary>
    public int Busy => all.Length - turns.CurrentCount;

    public int Count => all.Length;

    public IEnumerable<ReadingConnection> Connections => all;

    /// <exception cref="ReadEndedException">It needs too many steps, or takes too long.</exception>
    /// <exception cref="DatabaseBusyException">It has waited too long for a connection.</exception>
    public async ValueTask<T> RunAsync<T>(
        Func<Session, ValueTask<T>> work, bool snapshot, ReadLimits limits, CancellationToken cancel)
    {
        await TakeTurnAsync(limits, cancel);
        free.TryPop(out var reading);
        try
        {
            var first = Stopwatch.GetTimestamp();
            var aside = pause is not null;
            for (var again = false; ;)
            {
                if (pause is not null)
                {
                    await pause.WaitAsync(cancel);
                }

                reading!.Begin(limits, aside ? limits.MostSteps : MostStepsOnPool, first, cancel);
                try
                {
                    return aside
                        ? await AsideAsync(() => RunOneAsync(reading, work, snapshot))
                        : await RunOneAsync(reading, work, snapshot);
                }
                catch (SqliteException error) when (error.IsInterrupt && reading.End != ReadEnd.None)
                {
                    var end = reading.End;
                    cancel.ThrowIfCancellationRequested();
                    if (end == ReadEnd.TooManySteps && !aside)
                    {
                        aside = true;
                    }
                    else if (end == ReadEnd.Log && !again)
                    {
                        // Run the read once more when the log is short. That is safe, because a read has no effect.
                        again = true;
                    }
                    else
                    {
                        throw new ReadEndedException(end);
                    }
                }
                finally
                {
                    reading.Finish();
                }
            }
        }
        finally
        {
            free.Push(reading!);
            turns.Release();
        }
    }

    public void Dispose()
    {
        // Running reads must end first: a connection must not be closed while a statement runs on it.
        Array.ForEach(all, static reading => reading.AskToEnd());
        for (var i = 0; i < all.Length && turns.Wait(TimeSpan.FromSeconds(5)); i++)
        {
        }

        while (free.TryPop(out var reading))
        {
            reading.Dispose();
        }

        turns.Dispose();
    }

    private async ValueTask TakeTurnAsync(ReadLimits limits, CancellationToken cancel)
    {
        if (turns.Wait(0, CancellationToken.None))
        {
            return;
        }

        try
        {
            if (Interlocked.Increment(ref waiting) > mostWaiting || !await turns.WaitAsync(limits.Patience, cancel))
            {
                throw new DatabaseBusyException("Too many reads are waiting. Send this one again in a moment, or ask for less.")
                { RetryAfterSeconds = 5 };
            }
        }
        finally
        {
            Interlocked.Decrement(ref waiting);
        }
    }

    private static Task<T> AsideAsync<T>(Func<ValueTask<T>> read) => PatientThread.Run(() =>
    {
        PatientThread.GiveWay();
        return read().AsTask().GetAwaiter().GetResult();
    });

    private static async ValueTask<T> RunOneAsync<T>(ReadingConnection reading, Func<Session, ValueTask<T>> work, bool snapshot)
    {
        var connection = reading.Connection;
        if (!snapshot)
        {
            return await work(connection);
        }

        connection.Get(BeginSnapshot).Renew().Run();
        try
        {
            return await work(connection);
        }
        finally
        {
            reading.Finish();
            connection.Get(EndSnapshot).Renew().Run();
        }
    }
}

/// <summary>A read was interrupted.</summary>
internal sealed class ReadEndedException(ReadEnd why) : Exception
{
    public ReadEnd Why { get; } = why;
}

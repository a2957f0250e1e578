using System.Collections.Concurrent;
using System.Diagnostics;

namespace Pilothouse.Storage.Sqlite;

/// <summary>A queue of reads and its connections, each lent to one caller at a time.</summary>
internal sealed class ReadLane : IDisposable
{
    /// <summary>
    /// A page of 500 rows takes half of them, two milliseconds. A read that needs more is begun anew on a thread of its own: on those of
    /// the pool, of which there are as many as processors, a few such reads would keep all requests waiting.
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
    /// <param name="count">Connections.</param>
    /// <param name="durable">As the writer's.</param>
    /// <param name="mostWaiting">More than these are refused at once.</param>
    /// <param name="pause">
    /// For long reads: none begins while the log is shortened, and each has a thread of its own from its beginning.
    /// </param>
    public ReadLane(string path, int count, bool durable, int mostWaiting = int.MaxValue, LogPause? pause = null)
    {
        this.mostWaiting = mostWaiting;
        this.pause = pause;
        all = [.. Enumerable.Range(0, count).Select(_ => new ReadingConnection(path, durable))];
        free.PushRange(all);
        turns = new SemaphoreSlim(count);
    }

    /// <summary>Connections that are lent now.</summary>
    public int Busy => all.Length - turns.CurrentCount;

    public int Count => all.Length;

    public IEnumerable<ReadingConnection> Connections => all;

    /// <exception cref="ReadEndedException">It needs too many steps, or takes too long.</exception>
    /// <exception cref="DatabaseBusyException">Its turn did not come.</exception>
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
                        // Once more, when the log is short; a read has no effect.
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
        // Whoever still reads finishes first: a connection must not close under a running statement.
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

/// <summary>A read was ended before its end.</summary>
internal sealed class ReadEndedException(ReadEnd why) : Exception
{
    public ReadEnd Why { get; } = why;
}

using Npgsql;

namespace Pilothouse.Storage.Postgres;

/// <summary>
/// Lends connections to reads. Each kind of read has its own share of the pool, so that a caller with a credential never waits for callers
/// without one.
/// </summary>
internal sealed class PostgresReaders : IDisposable
{
    private const int LookUps = 4;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly NpgsqlDataSource source;
    private readonly NpgsqlDataSource callers;
    private readonly PostgresStandby? standby;
    private readonly Share lookUps = new(LookUps, Timeout.InfiniteTimeSpan, 0);
    private readonly Share own = new(2, Timeout.InfiniteTimeSpan, 0);
    private readonly Share known;
    private readonly Share anonymous;

    /// <param name="source">The pool for the server's own reads and look-ups.</param>
    /// <param name="callers">The pool for reads of callers.</param>
    /// <param name="count">The number of connections for callers with a credential. Callers without one get half as many.</param>
    /// <param name="standby">Answers long reads; null if the primary does.</param>
    public PostgresReaders(NpgsqlDataSource source, NpgsqlDataSource callers, int count, PostgresStandby? standby = null)
    {
        (this.source, this.callers, this.standby) = (source, callers, standby);
        known = new(count, Patience, 30);
        anonymous = new((count + 1) / 2, Patience, 10);
    }

    /// <summary>The connections that look-ups and the server's own reads use.</summary>
    public const int MostOwn = LookUps + 2;

    /// <summary>
    /// PostgreSQL ends a statement of a caller after so many seconds, where the server that asked has died or hangs; a living one ends it
    /// before.
    /// </summary>
    public const int LongestSeconds = 35;

    /// <summary>The most connections that reads of callers use.</summary>
    public static int MostOfCallers(int count) => count + ((count + 1) / 2);

    /// <summary>The most connections that reads use.</summary>
    public static int Most(int count) => MostOwn + MostOfCallers(count);

    /// <summary>The number of connections in use.</summary>
    public int Busy => lookUps.Busy + own.Busy + known.Busy + anonymous.Busy;

    public async ValueTask<T> ReadAsync<T>(ReadKind kind, Func<Session, ValueTask<T>> work, bool snapshot, CancellationToken cancel)
    {
        var share = kind switch
        {
            ReadKind.LookUp => lookUps,
            ReadKind.Own => own,
            ReadKind.Known or ReadKind.LongKnown => known,
            _ => anonymous,
        };
        var pool = share == lookUps || share == own ? source : callers;
        await share.TakeAsync(cancel);
        try
        {
            if (kind is ReadKind.LongKnown or ReadKind.LongAnonymous && standby is { IsUsable: true })
            {
                try
                {
                    var result = await RunAsync(standby.Source, share, work, snapshot, cancel);
                    standby.Answered();
                    return result;
                }
                catch (NpgsqlException error) when (IsFaultOfStandby(error))
                {
                    // A read has no effect, so the primary can answer it.
                    standby.Failed(error);
                }
            }

            return await RunAsync(pool, share, work, snapshot, cancel);
        }
        catch (NpgsqlException error) when (error.InnerException is not TimeoutException && (error is not PostgresException known || IsRestart(known)))
        {
            // The pool may hold connections from before a restart of PostgreSQL. A read has no effect, so it can run again.
            pool.Clear();
            cancel.ThrowIfCancellationRequested();
            return await AgainAsync(pool, share, work, snapshot, cancel);
        }
        catch (NpgsqlException error)
        {
            throw PostgresErrors.Translate(error);
        }
        finally
        {
            share.Return();
        }
    }

    public void Dispose()
    {
        lookUps.Dispose();
        own.Dispose();
        known.Dispose();
        anonymous.Dispose();
    }

    private static async ValueTask<T> AgainAsync<T>(NpgsqlDataSource pool, Share share, Func<Session, ValueTask<T>> work, bool snapshot, CancellationToken cancel)
    {
        try
        {
            return await RunAsync(pool, share, work, snapshot, cancel);
        }
        catch (NpgsqlException error)
        {
            throw PostgresErrors.Translate(error);
        }
    }

    /// <summary>Whether it cannot be reached, starts, stops, or ended the read because it had to apply a change of the primary.</summary>
    private static bool IsFaultOfStandby(NpgsqlException error) => error is not PostgresException known
        ? error.InnerException is not TimeoutException
        : IsRestart(known) || known.SqlState is PostgresErrorCodes.CannotConnectNow or PostgresErrorCodes.SerializationFailure;

    private static bool IsRestart(PostgresException error) =>
        error.SqlState is PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown;

    private static async ValueTask<T> RunAsync<T>(NpgsqlDataSource source, Share share, Func<Session, ValueTask<T>> work, bool snapshot, CancellationToken cancel)
    {
        await using var connection = await source.OpenConnectionAsync(cancel);
        var session = new ReadingSession(connection, share.LongestSeconds, cancel);
        if (!snapshot)
        {
            return await work(session);
        }

        await using var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancel);
        var result = await work(session);
        await transaction.CommitAsync(cancel);
        return result;
    }

    /// <summary>A share of the pool.</summary>
    /// <param name="count">The number of its connections.</param>
    /// <param name="patience">The longest wait for one.</param>
    /// <param name="longestSeconds">The longest run of a statement in seconds; 0 for no limit.</param>
    private sealed class Share(int count, TimeSpan patience, int longestSeconds) : IDisposable
    {
        private readonly SemaphoreSlim free = new(count);

        public int Busy => count - free.CurrentCount;

        public int LongestSeconds => longestSeconds;

        public async ValueTask TakeAsync(CancellationToken cancel)
        {
            if (!await free.WaitAsync(patience, cancel))
            {
                throw new DatabaseBusyException("Too many reads are waiting. Send this one again in a moment, or ask for less.") { RetryAfterSeconds = 5 };
            }
        }

        public void Return() => free.Release();

        public void Dispose() => free.Dispose();
    }
}

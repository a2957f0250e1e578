namespace Pilothouse.Storage.Sqlite;

/// <summary>The connections that only read, separated by <see cref="ReadKind"/>: a read only waits for other reads of its kind.</summary>
internal sealed class SqliteReaders : IDisposable
{
    /// <summary>One per core of a small machine. A look-up takes microseconds.</summary>
    private const int LookUps = 2;

    private const int MostLongWaiting = 32;

    private readonly LogPause pause = new();
    private readonly ReadLane lookUps;
    private readonly ReadLane known;
    private readonly ReadLane anonymous;
    private readonly ReadLane longKnown;
    private readonly ReadLane longAnonymous;
    private readonly ReadLane[] lanes;
    private readonly EngineMetrics metrics;

    /// <param name="path">The database.</param>
    /// <param name="count">The number of connections for pages of callers with a credential. Callers without one get half as many.</param>
    /// <param name="durable">Whether commits are synced, like that of the writer.</param>
    /// <param name="metrics">Counts the reads that are interrupted.</param>
    public SqliteReaders(string path, int count, bool durable, EngineMetrics metrics)
    {
        this.metrics = metrics;
        lookUps = new(path, LookUps, durable);
        known = new(path, count, durable);
        anonymous = new(path, (count + 1) / 2, durable);
        longKnown = new(path, 1, durable, MostLongWaiting, pause);
        longAnonymous = new(path, 1, durable, MostLongWaiting, pause);
        lanes = [lookUps, known, anonymous, longKnown, longAnonymous];
        Count = lanes.Sum(static lane => lane.Count);
    }

    public int Count { get; }

    /// <summary>The number of connections in use.</summary>
    public int Busy => lanes.Sum(static lane => lane.Busy);

    /// <summary>Whether a read has found a damaged page.</summary>
    public bool IsDamaged { get; private set; }

    public async ValueTask<T> ReadAsync<T>(ReadKind kind, Func<Session, ValueTask<T>> work, bool snapshot, CancellationToken cancel)
    {
        try
        {
            return kind switch
            {
                ReadKind.Own => await known.RunAsync(work, snapshot, ReadLimits.None, cancel),
                ReadKind.LookUp => await lookUps.RunAsync(work, snapshot, ReadLimits.None, cancel),
                ReadKind.Known => await PageAsync(known, longKnown, ReadLimits.LongKnown, work, snapshot, cancel),
                ReadKind.Anonymous => await PageAsync(anonymous, longAnonymous, ReadLimits.LongAnonymous, work, snapshot, cancel),
                ReadKind.LongKnown => await longKnown.RunAsync(work, snapshot, ReadLimits.LongKnown, cancel),
                _ => await longAnonymous.RunAsync(work, snapshot, ReadLimits.LongAnonymous, cancel),
            };
        }
        catch (SqliteException error) when (error.IsInterrupt)
        {
            throw new DatabaseBusyException("The read was ended, because the database is closed or opened anew. Send it again in a moment.");
        }
        catch (SqliteException error)
        {
            IsDamaged |= error.IsDamage;
            throw SqliteErrors.Translate(error);
        }
        catch (ReadEndedException ended)
        {
            metrics.ReadEnded(ended.Why);
            throw new DatabaseBusyException(ended.Why == ReadEnd.Log
                ? "The query reads for so long that writes would have to wait for it. Ask for less (a shorter time, one name), "
                    + "or send it again in a moment."
                : "The query takes longer than the server allows. Ask for less: a shorter time, or one name.")
            { RetryAfterSeconds = 10 };
        }
    }

    /// <summary>Keeps new long reads from beginning until <see cref="Resume"/>.</summary>
    public void Pause() => pause.Begin();

    public void Resume() => pause.End();

    /// <summary>Whether an interruptible read has been running since <paramref name="timestamp"/> or longer.</summary>
    public bool HaveRunSince(long timestamp) =>
        Array.Exists(lanes, lane => lane.Connections.Any(reading => reading.HasRunSince(timestamp)));

    /// <summary>Interrupts those reads. Each is run again once.</summary>
    public void EndThoseSince(long timestamp)
    {
        foreach (var reading in lanes.SelectMany(static lane => lane.Connections).Where(reading => reading.HasRunSince(timestamp)))
        {
            reading.AskToEnd();
        }
    }

    public void Dispose()
    {
        pause.End();
        Array.ForEach(lanes, static lane => lane.Dispose());
    }

    private async ValueTask<T> PageAsync<T>(
        ReadLane lane, ReadLane longer, ReadLimits longerLimits, Func<Session, ValueTask<T>> work, bool snapshot, CancellationToken cancel)
    {
        try
        {
            return await lane.RunAsync(work, snapshot, ReadLimits.Page, cancel);
        }
        catch (ReadEndedException ended) when (ended.Why is ReadEnd.TooManySteps or ReadEnd.Log)
        {
            metrics.ReadEnded(ended.Why);
        }

        return await longer.RunAsync(work, snapshot, longerLimits, cancel);
    }
}

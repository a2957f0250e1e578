using System.Diagnostics;
using System.Diagnostics.Metrics;
using Pilothouse.Storage.Postgres;
using Pilothouse.Storage.Sqlite;

namespace Pilothouse.Storage;

/// <summary>The engine's metrics on the meter "Pilothouse". docs/monitoring.md lists them.</summary>
internal sealed class EngineMetrics
{
    private static readonly KeyValuePair<string, object?> Stored = new("result", "stored");
    private static readonly KeyValuePair<string, object?> Refused = new("result", "refused");
    private static readonly KeyValuePair<string, object?> Failed = new("result", "failed");
    private static readonly KeyValuePair<string, object?> Steps = new("reason", "steps");
    private static readonly KeyValuePair<string, object?> Time = new("reason", "time");
    private static readonly KeyValuePair<string, object?> Log = new("reason", "log");
    private readonly Meter meter;
    private readonly Counter<long> writes;
    private readonly Counter<long> failedTransactions;
    private readonly Counter<long> readsEnded;
    private readonly Histogram<long> writesInCommit;
    private readonly Histogram<double> commitDuration;
    private readonly Histogram<double> lockWait;

    /// <summary>Without a factory, the metrics are not exported.</summary>
    public EngineMetrics(IMeterFactory? meters)
    {
        meter = meters?.Create("Pilothouse") ?? new Meter("Pilothouse.Unheard");
        writes = meter.CreateCounter<long>("pilothouse.db.writes", "{write}", "Writes by result: stored, refused (its own fault), failed (with its transaction).");
        failedTransactions = meter.CreateCounter<long>("pilothouse.db.failed_transactions", "{transaction}", "Transactions that failed as a whole and were rolled back.");
        readsEnded = meter.CreateCounter<long>("pilothouse.db.reads_ended", "{read}", "Reads that were ended: steps (run again as a long one), time (refused), log (run again, then refused).");
        writesInCommit = meter.CreateHistogram("pilothouse.db.commit.writes", "{write}", "Writes that shared one commit.", null,
            new InstrumentAdvice<long> { HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512] });
        commitDuration = meter.CreateHistogram("pilothouse.db.commit.duration", "s", "How long COMMIT took, with its flush to disk.", null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5] });
        lockWait = meter.CreateHistogram("pilothouse.db.lock_wait", "s", "The first round trip of a transaction on PostgreSQL, which waits for the writes of other servers.", null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5] });

        // Each series starts at 0: rate() does not see the first event of a counter that only appears with that event.
        writes.Add(0, Stored);
        writes.Add(0, Refused);
        writes.Add(0, Failed);
        failedTransactions.Add(0);
        readsEnded.Add(0, Steps);
        readsEnded.Add(0, Time);
        readsEnded.Add(0, Log);
    }

    /// <summary>Adds the metrics of the queues. Their values are read when they are exported.</summary>
    public void Watch(Func<int> waiting, int readers, Func<int> busyReaders)
    {
        meter.CreateObservableGauge("pilothouse.db.write_queue.length", waiting, "{write}", "Writes that wait for their transaction.");
        meter.CreateObservableGauge("pilothouse.db.write_queue.limit", static () => WriteQueue.MostWaiting, "{write}", "Waiting writes beyond which new ones are refused.");
        meter.CreateObservableGauge("pilothouse.db.readers", () => readers, "{connection}", "Connections that read.");
        meter.CreateObservableGauge("pilothouse.db.readers_busy", busyReaders, "{connection}", "Reading connections in use.");
    }

    /// <summary>Adds the metrics of a database that is a file.</summary>
    public void WatchFile(string path)
    {
        meter.CreateObservableGauge("pilothouse.db.size", () => SizeOf(path), "By", "Size of the database file.");
        meter.CreateObservableGauge("pilothouse.db.wal.size", () => SizeOf(path + "-wal"), "By", "Size of the write-ahead log.");
    }

    /// <summary>Adds the metrics of a server's standbys. A value that is unknown is left out.</summary>
    public void WatchReplication(Func<ReplicationState?> look)
    {
        meter.CreateObservableGauge("pilothouse.db.standbys", () => look() is { } found ? [new Measurement<long>(found.Standbys)] : Array.Empty<Measurement<long>>(), "{standby}", "Standbys that follow the PostgreSQL server.");
        meter.CreateObservableGauge("pilothouse.db.replication.lag", () => look()?.LagSeconds is { } lag ? [new Measurement<double>(lag)] : Array.Empty<Measurement<double>>(), "s", "How far the slowest standby is behind.");
    }

    /// <summary>Notes the first round trip of a transaction, which waits for the lock of the writes of other servers.</summary>
    public void Locked(long began) => lockWait.Record(Stopwatch.GetElapsedTime(began).TotalSeconds);

    public void Committed(int stored, int refused, long commitBegan)
    {
        commitDuration.Record(Stopwatch.GetElapsedTime(commitBegan).TotalSeconds);
        writesInCommit.Record(stored + refused);
        writes.Add(stored, Stored);
        if (refused > 0)
        {
            writes.Add(refused, Refused);
        }
    }

    public void ReadEnded(ReadEnd why) => readsEnded.Add(1, why switch
    {
        ReadEnd.TooManySteps => Steps,
        ReadEnd.Log => Log,
        _ => Time,
    });

    public void RolledBack(int count)
    {
        failedTransactions.Add(1);
        writes.Add(count, Failed);
    }

    private static long SizeOf(string path)
    {
        var file = new FileInfo(path);
        return file.Exists ? file.Length : 0;
    }
}

using System.Diagnostics.Metrics;
using Npgsql;

namespace Pilothouse.Storage.Postgres;

/// <summary>The database on a PostgreSQL server, which several servers of ours may use at once.</summary>
internal sealed class PostgresDatabase : Database
{
    /// <summary>The connections besides those of reads: the writer, the stamp, those of jobs, and one to spare for upkeep.</summary>
    private const int OtherConnections = 6;

    private static readonly Sql Probe = new("SELECT 1 FROM schema_migrations LIMIT 1");

    private readonly NpgsqlDataSource source;
    private readonly NpgsqlDataSource callers;
    private readonly PostgresReaders readers;
    private readonly PostgresWriter writer;
    private readonly PostgresStamp stamp;
    private readonly PostgresStandby? standby;

    /// <summary>Connects to the database, which <see cref="PostgresMigrator"/> has brought up to date.</summary>
    public PostgresDatabase(PostgresAddress address, int readerCount, bool durable, ILogger<PostgresDatabase> logger, IMeterFactory? meters = null, PostgresAddress? standbyAddress = null)
    {
        var metrics = new EngineMetrics(meters);
        source = address.Open(PostgresReaders.MostOwn + OtherConnections);
        callers = address.Open(PostgresReaders.MostOfCallers(readerCount), longestSeconds: PostgresReaders.LongestSeconds);
        standby = standbyAddress is null ? null : new PostgresStandby(standbyAddress, PostgresReaders.Most(readerCount), logger);
        readers = new PostgresReaders(source, callers, readerCount, standby);
        writer = new PostgresWriter(source, durable, metrics, Commits, logger);
        stamp = new PostgresStamp(source);
        var upkeep = new PostgresUpkeep(address, source, standby, TimeProvider.System);
        Upkeep = upkeep;
        metrics.Watch(() => writer.Waiting, PostgresReaders.Most(readerCount), () => readers.Busy);
        metrics.WatchReplication(() => upkeep.Replication);
    }

    /// <summary>PostgreSQL looks after its own log.</summary>
    public override long LogBytes => 0;

    public override Upkeep Upkeep { get; }

    public override bool IsShared => true;

    public override ValueTask<IAsyncDisposable?> TryTakeJobAsync(string name, CancellationToken cancel = default) => PostgresJob.TryTakeAsync(source, name, cancel);

    public override ValueTask<T> ReadAsync<T>(ReadKind kind, Func<Session, ValueTask<T>> work, CancellationToken cancel = default) =>
        readers.ReadAsync(kind, work, snapshot: false, cancel);

    public override ValueTask<T> SnapshotAsync<T>(ReadKind kind, Func<Session, ValueTask<T>> work, CancellationToken cancel = default) =>
        readers.ReadAsync(kind, work, snapshot: true, cancel);

    public override Task<T> WriteAsync<T>(Func<Session, ValueTask<T>> work, CancellationToken cancel = default) => writer.WriteAsync(work, cancel);

    public override ValueTask<long> StampAsync(CancellationToken cancel = default) => new(stamp.AskAsync().WaitAsync(cancel));

    public override async ValueTask ProbeAsync(CancellationToken cancel = default) =>
        await ReadAsync(ReadKind.LookUp, static session => session.Prepare(Probe).AnyAsync(), cancel);

    public override async ValueTask DisposeAsync()
    {
        await writer.DisposeAsync();
        await source.DisposeAsync();
        await callers.DisposeAsync();
        await (standby?.DisposeAsync() ?? default);
        readers.Dispose();
    }
}

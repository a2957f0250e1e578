using System.Diagnostics.Metrics;

namespace Pilothouse.Storage.Sqlite;

/// <summary>The database in one SQLite file: one writer with group commit, a few readers, WAL.</summary>
internal sealed class SqliteDatabase : Database
{
    /// <summary>From the file: a constant would be answered without a look at it.</summary>
    private static readonly Sql Probe = new("SELECT 1 FROM schema_migrations LIMIT 1");

    private readonly LiveFiles files;
    private readonly SqliteWriter writer;
    private readonly SqliteReaders readers;
    private readonly SqliteConnection watch;
    private readonly Lock watching = new();

    /// <summary>Opens the file, which <see cref="Migrations.Migrator"/> has brought up to date.</summary>
    public SqliteDatabase(string path, int readerCount, bool durable, TimeProvider clock, ILogger<SqliteDatabase> logger, IMeterFactory? meters = null)
    {
        Path = path;
        WasClosedCleanly = new FileInfo(path + "-wal") is not { Exists: true, Length: > 0 };
        var metrics = new SqliteMetrics(meters);
        var writing = new SqliteConnection(path, SqliteUse.Write, durable);
        writing.KeepLog();
        files = new LiveFiles(path, durable);
        writer = new SqliteWriter(writing, files, metrics, clock, logger);
        readers = new SqliteReaders(path, readerCount, durable);
        watch = new SqliteConnection(path, SqliteUse.Read, durable);
        metrics.Watch(path, () => writer.Waiting, readerCount, () => readers.Busy);
    }

    public string Path { get; }

    /// <summary>
    /// Whether the last program that had the file open closed it. False after a crash, and also while another program has it open.
    /// </summary>
    public bool WasClosedCleanly { get; }

    /// <summary>Whether a read or write has come upon a damaged page since the start.</summary>
    public bool IsDamaged => writer.IsDamaged || readers.IsDamaged;

    /// <summary>Writes that wait for their transaction.</summary>
    public int Waiting => writer.Waiting;

    public override ValueTask<T> ReadAsync<T>(Func<Session, ValueTask<T>> work, CancellationToken cancel = default) =>
        readers.ReadAsync(work, snapshot: false, cancel);

    public override ValueTask<T> SnapshotAsync<T>(Func<Session, ValueTask<T>> work, CancellationToken cancel = default) =>
        readers.ReadAsync(work, snapshot: true, cancel);

    public override Task<T> WriteAsync<T>(Func<Session, ValueTask<T>> work, CancellationToken cancel = default) =>
        writer.WriteAsync(work, cancel);

    /// <summary>data_version is a number of one connection, so all callers ask the same one.</summary>
    public override ValueTask<long> StampAsync(CancellationToken cancel = default)
    {
        lock (watching)
        {
            try
            {
                return new(watch.DataVersion());
            }
            catch (SqliteException error)
            {
                throw SqliteErrors.Translate(error);
            }
        }
    }

    public override async ValueTask ProbeAsync(CancellationToken cancel = default)
    {
        await readers.ReadAsync(static session => session.Prepare(Probe).AnyAsync(), snapshot: false, cancel);
        files.Demand();
    }

    public override ValueTask DisposeAsync()
    {
        watch.Dispose();
        readers.Dispose();
        writer.Dispose();
        return default;
    }
}

using System.Diagnostics;
using System.Diagnostics.Metrics;
using Pilothouse.Storage.Files;
using Pilothouse.Storage.Migrations;

namespace Pilothouse.Storage.Sqlite;

/// <summary>The database in one SQLite file in WAL mode: one writer with group commit, and readers of several kinds.</summary>
internal sealed class SqliteDatabase : Database
{
    /// <summary>The probe reads a row from the file: a constant would be answered without reading the file.</summary>
    private static readonly Sql Probe = new("SELECT 1 FROM schema_migrations LIMIT 1");

    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestClosing = TimeSpan.FromSeconds(15);
    private readonly Func<SqliteEngine> open;
    private readonly SharedLook look = new();
    private volatile SqliteEngine? engine;

    /// <summary>Opens the file after <see cref="Migrator"/> has migrated it.</summary>
    public SqliteDatabase(string path, int readerCount, bool durable, TimeProvider clock, ILogger<SqliteDatabase> logger, IMeterFactory? meters = null)
    {
        Path = path;
        WasClosedCleanly = new FileInfo(path + "-wal") is not { Exists: true, Length: > 0 };
        var metrics = new SqliteMetrics(meters);
        open = () => new SqliteEngine(path, readerCount, durable, clock, metrics, Commits, prepare, logger);
        engine = open();
        metrics.Watch(path, () => Waiting, engine.Readers.Count, () => engine?.Readers.Busy ?? 0);
    }

    public string Path { get; }

    public override Upkeep Upkeep => new SqliteDatabaseUpkeep(this);

    /// <summary>
    /// Whether the last program that used the file closed it properly. False after a crash, and also while another program has it open.
    /// </summary>
    public bool WasClosedCleanly { get; }

    /// <summary>Whether a read or write has found a damaged page since the start.</summary>
    public bool IsDamaged => engine is { } now && (now.Writer.IsDamaged || now.Readers.IsDamaged);

    /// <summary>The number of writes that wait for their transaction.</summary>
    public int Waiting => engine?.Writer.Waiting ?? 0;

    /// <summary>The check of the open files.</summary>
    public LiveFiles Files => Engine.Files;

    private SqliteEngine Engine => engine ?? throw new DatabaseBusyException("The database is being opened anew. Send this again in a moment.");

    public override long LogBytes => new FileInfo(Path + "-wal") is { Exists: true, Length: var length } ? length : 0;

    public override ValueTask<T> ReadAsync<T>(ReadKind kind, Func<Session, ValueTask<T>> work, CancellationToken cancel = default) =>
        Engine.Readers.ReadAsync(kind, work, snapshot: false, cancel);

    public override ValueTask<T> SnapshotAsync<T>(ReadKind kind, Func<Session, ValueTask<T>> work, CancellationToken cancel = default) =>
        Engine.Readers.ReadAsync(kind, work, snapshot: true, cancel);

    public override Task<T> WriteAsync<T>(Func<Session, ValueTask<T>> work, CancellationToken cancel = default) =>
        Engine.Writer.WriteAsync(work, cancel);

    public override ValueTask<long> StampAsync(CancellationToken cancel = default) => new(Engine.Stamp());

    public override ValueTask ProbeAsync(CancellationToken cancel = default)
    {
        var began = Stopwatch.GetTimestamp();
        return look.MayShare(began) ? default : LookAsync(began, cancel);
    }

    private async ValueTask LookAsync(long began, CancellationToken cancel)
    {
        var now = Engine;
        await now.Readers.ReadAsync(ReadKind.LookUp, static session => session.Prepare(Probe).AnyAsync(), snapshot: false, cancel);
        now.Files.Demand();
        look.WasGood(began);
    }

    /// <summary>
    /// Copies the database while writes go on. It takes as long as the disk needs: call it on a thread of its own
    /// (<see cref="PatientThread"/>).
    /// </summary>
    /// <param name="target">A file that exists and is empty.</param>
    /// <param name="read">Reads facts from the snapshot that is copied.</param>
    /// <param name="progress">Receives the finished part, 0 to 1.</param>
    /// <param name="cancel">Cancels the copy.</param>
    /// <exception cref="SqliteException">The source cannot be read, or there is not enough space for the copy.</exception>
    /// <exception cref="DatabaseBusyException">The database is closed, or locked by another program.</exception>
    public T CopyTo<T>(string target, Func<SqliteConnection, T> read, IProgress<double>? progress, CancellationToken cancel) =>
        SqliteSnapshot.CopyServed(Engine.Writer, Path, target, read, progress, cancel);

    /// <summary>
    /// After the log or the shared memory was removed: closes all connections of this process to the file and opens it again, if every
    /// acknowledged write would still be there. All connections of a process share one log, so all must be closed.
    /// </summary>
    /// <returns>False if writes would be lost. Then nothing was closed.</returns>
    /// <exception cref="DatabaseBrokenException">Everything was closed, and the database could not be opened again.</exception>
    public async Task<bool> TryOpenAnewAsync(CancellationToken cancel)
    {
        var old = Engine;
        if (!old.Files.HoldEverything())
        {
            return false;
        }

        engine = null;
        old.Dispose();
        for (var waited = TimeSpan.Zero; OpenDatabases.InterruptAll(Path) > 0; waited += LookAgainAfter)
        {
            if (waited > LongestClosing)
            {
                throw new DatabaseBrokenException($"Somebody in this process still reads {Path}, so it could not be opened anew.");
            }

            await Task.Delay(LookAgainAfter, TimeProvider.System, cancel);
        }

        try
        {
            new DatabaseFile(Path).Inspect();
            engine = open();
            return true;
        }
        catch (Exception error) when (error is DatabaseRefusedException or SqliteException)
        {
            throw new DatabaseBrokenException(error.Message, error);
        }
    }

    public override ValueTask DisposeAsync()
    {
        engine?.Dispose();
        return default;
    }
}

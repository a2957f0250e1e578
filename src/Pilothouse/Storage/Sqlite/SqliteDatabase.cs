using System.Diagnostics;
using System.Diagnostics.Metrics;
using Pilothouse.Storage.Files;
using Pilothouse.Storage.Migrations;

namespace Pilothouse.Storage.Sqlite;

/// <summary>The database in one SQLite file: one writer with group commit, readers of several kinds, WAL.</summary>
internal sealed class SqliteDatabase : Database
{
    /// <summary>From the file: a constant would be answered without a look at it.</summary>
    private static readonly Sql Probe = new("SELECT 1 FROM schema_migrations LIMIT 1");

    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestClosing = TimeSpan.FromSeconds(15);
    private readonly Func<SqliteEngine> open;
    private readonly SharedLook look = new();
    private volatile SqliteEngine? engine;

    /// <summary>Opens the file, which <see cref="Migrator"/> has brought up to date.</summary>
    /// <param name="prepare">Is given the connection that writes before anybody writes.</param>
    public SqliteDatabase(
        string path, int readerCount, bool durable, TimeProvider clock, ILogger<SqliteDatabase> logger, IMeterFactory? meters = null, Action<SqliteConnection>? prepare = null)
    {
        Path = path;
        WasClosedCleanly = new FileInfo(path + "-wal") is not { Exists: true, Length: > 0 };
        var metrics = new EngineMetrics(meters);
        open = () => new SqliteEngine(path, readerCount, durable, clock, metrics, Commits, prepare, logger);
        engine = open();
        metrics.Watch(() => Waiting, engine.Readers.Count, () => engine?.Readers.Busy ?? 0);
        metrics.WatchFile(path);
    }

    public string Path { get; }

    public override Upkeep Upkeep => new SqliteDatabaseUpkeep(this);

    /// <summary>
    /// Whether the last program that had the file open closed it. False after a crash, and also while another program has it open.
    /// </summary>
    public bool WasClosedCleanly { get; }

    /// <summary>Whether a read or write has come upon a damaged page since the start.</summary>
    public bool IsDamaged => engine is { } now && (now.Writer.IsDamaged || now.Readers.IsDamaged);

    /// <summary>Writes that wait for their transaction.</summary>
    public int Waiting => engine?.Writer.Waiting ?? 0;

    /// <summary>The watch over the open files.</summary>
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

    /// <summary>Copies the database beside those who write. It takes as long as the disk: call it on a thread of its own (<see cref="PatientThread"/>).</summary>
    /// <param name="target">A file that exists and is empty.</param>
    /// <param name="read">What is to be known of the source at the moment of the copy.</param>
    /// <param name="progress">Is told the part that is done, 0 to 1.</param>
    /// <param name="cancel">Ends it.</param>
    /// <exception cref="SqliteException">The source cannot be read, or there is no room for the copy.</exception>
    /// <exception cref="DatabaseBusyException">The database is closed, or locked by another program.</exception>
    public T CopyTo<T>(string target, Func<SqliteConnection, T> read, IProgress<double>? progress, CancellationToken cancel) =>
        SqliteSnapshot.CopyServed(Engine.Writer, Path, target, read, progress, cancel);

    /// <summary>
    /// After the log or the shared memory was removed: closes everything that this process has open of the file, and opens it anew, if all that was
    /// acknowledged is found there. SQLite shares one log among a process's connections, so that not one of them may stay.
    /// </summary>
    /// <returns>False where something would be lost by it; nothing was closed then.</returns>
    /// <exception cref="DatabaseBrokenException">Everything is closed, and it could not be opened again.</exception>
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

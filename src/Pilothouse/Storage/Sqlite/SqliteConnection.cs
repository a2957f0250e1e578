using Pilothouse.Storage.Files;
using SQLitePCL;

namespace Pilothouse.Storage.Sqlite;

/// <summary>
/// One connection to a SQLite file, with its prepared statements. Only one thread may use it at a time, because the library's own mutex is
/// off. The library comes with Microsoft.Data.Sqlite, but its command classes are not used: on the hottest path they cost about twice as
/// much as these calls.
/// </summary>
internal sealed class SqliteConnection : FileSession
{
    /// <summary>The first version without the WAL-reset bug, which loses commits (docs/operations.md).</summary>
    public const int OldestSafeVersion = 3_051_003;

    /// <summary>How long a statement waits for a lock of another program.</summary>
    public static readonly TimeSpan LockPatience = TimeSpan.FromSeconds(5);

    /// <summary>SQLITE_CONFIG_STMTJRNL_SPILL of sqlite3.h.</summary>
    private const int StatementJournalSpill = 26;

    private static readonly Sql ReadDataVersion = new("PRAGMA data_version");
    private readonly sqlite3 handle;
    private SqliteStatement?[] statements = new SqliteStatement?[128];

    static SqliteConnection()
    {
        Batteries_V2.Init();

        // The memory statistics of the library are not used, and counting them takes a mutex that all connections share.
        raw.sqlite3_config(raw.SQLITE_CONFIG_MEMSTATUS, 0);

        // A statement that runs triggers copies each page before it changes it, in case it fails. The copies are in one piece of memory of
        // this size, of which only the used part counts (SqliteSettings.KeepCopiesInOnePiece).
        raw.sqlite3_config(StatementJournalSpill, 8 * 1024 * 1024);
    }

    public SqliteConnection(string path, OpenFor use, bool durable = true)
    {
        if (raw.sqlite3_libversion_number() < OldestSafeVersion)
        {
            throw new DatabaseRefusedException(
                $"The SQLite library is {Version}; 3.51.3 or newer is needed, because older ones can lose commits. Use the library that is published beside the program.");
        }

        // An empty or foreign file must not be opened: SQLite would remove the log beside it.
        var served = OpenDatabases.ServedAt(path);
        served?.DemandForOpening();
        RefuseOrphanedLog(path);
        Path = path;
        var flags = use switch
        {
            OpenFor.Inspect => raw.SQLITE_OPEN_READONLY,
            OpenFor.Glance => raw.SQLITE_OPEN_READONLY | raw.SQLITE_OPEN_URI,
            OpenFor.Recover => raw.SQLITE_OPEN_READWRITE,
            _ => raw.SQLITE_OPEN_READWRITE | raw.SQLITE_OPEN_CREATE,
        };
        var name = use == OpenFor.Glance ? GlanceName(path) : path;
        var result = raw.sqlite3_open_v2(name, out handle, flags | raw.SQLITE_OPEN_NOMUTEX, null);
        if (result != raw.SQLITE_OK)
        {
            handle?.Dispose();
            throw new DatabaseRefusedException(
                $"The database file {path} cannot be opened (SQLite error {result}). Check that its folder exists and that this user may write there.");
        }

        raw.sqlite3_extended_result_codes(handle, 1);
        raw.sqlite3_busy_timeout(handle, 5000);
        OpenDatabases.Add(this);
        if (served is not null)
        {
            KeepLog();
        }

        if (use is not (OpenFor.Write or OpenFor.Read))
        {
            return;
        }

        try
        {
            if (use == OpenFor.Write)
            {
                SqliteSettings.Apply(this, writer: true, durable);
            }
            else
            {
                // The first read opens the log, by its name: now, while it is known to be the log of this file. This one does without the schema.
                DataVersion();
            }
        }
        catch (Exception error)
        {
            Dispose();
            if (error is SqliteException sqlite)
            {
                throw new DatabaseRefusedException($"The database file {path} cannot be used: {SqliteErrors.Translate(sqlite).Message}");
            }

            throw;
        }
    }

    /// <summary>Version of the SQLite library, as "3.53.3".</summary>
    public static string Version => raw.sqlite3_libversion().utf8_to_string();

    public sqlite3 Handle => handle;

    /// <summary>The path of the file, as it was given.</summary>
    public string Path { get; }

    /// <summary>False inside a transaction.</summary>
    public bool AutoCommit => raw.sqlite3_get_autocommit(handle) != 0;

    /// <summary>
    /// How many rows this connection has stored, changed and removed since it was opened, those of triggers among them. What a failed
    /// statement did and undid is not counted.
    /// </summary>
    public int TotalChanges => raw.sqlite3_total_changes(handle);

    public override Statement Prepare(Sql sql) => Get(sql).Renew();

    public SqliteStatement Get(Sql sql)
    {
        if (sql.Id >= statements.Length)
        {
            Array.Resize(ref statements, Math.Max(sql.Id + 1, statements.Length * 2));
        }

        return statements[sql.Id] ??= new SqliteStatement(this, sql.ForSqlite);
    }

    /// <summary>Runs a statement (DDL, a PRAGMA) without keeping its prepared form.</summary>
    public override void Execute(string sql) => Check(raw.sqlite3_exec(handle, sql));

    /// <summary>Returns the first column of the first row as text.</summary>
    public override string? Scalar(string sql)
    {
        using var statement = new SqliteStatement(this, sql);
        return statement.Step() ? statement.Row.Text(0) : null;
    }

    /// <summary>Returns the first column of every row as text.</summary>
    public override IReadOnlyList<string> Column(string sql)
    {
        using var statement = new SqliteStatement(this, sql);
        var values = new List<string>();
        while (statement.Step())
        {
            values.Add(statement.Row.Text(0) ?? "");
        }

        return values;
    }

    /// <summary>
    /// Read from the file's header (SQLite's file format, bytes 18 and 19). PRAGMA journal_mode answers "delete" if the file was opened
    /// with <see cref="OpenFor.Glance"/> and no other program has it open.
    /// </summary>
    public override bool HasWriteAheadLog
    {
        get
        {
            Span<byte> head = stackalloc byte[20];
            new SqliteFile(this).TryReadHead(head);
            return head[18] == 2;
        }
    }

    public override bool HasTable(string name) => Scalar($"SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = '{name.Replace("'", "''", StringComparison.Ordinal)}'") is not null;

    /// <summary>Returns a number that changes when another connection of any process has committed.</summary>
    public long DataVersion()
    {
        var statement = Get(ReadDataVersion).Renew();
        statement.Step();
        var version = statement.Row.Id(0);
        statement.Renew();
        return version;
    }

    /// <summary>Sets how long later statements wait for a lock.</summary>
    public void WaitForLocks(TimeSpan patience) => raw.sqlite3_busy_timeout(handle, (int)patience.TotalMilliseconds);

    /// <summary>
    /// Interrupts the running statement when <paramref name="cancel"/> is cancelled. It then throws <see cref="SqliteException"/> with code
    /// 9.
    /// </summary>
    public override CancellationTokenRegistration InterruptOn(CancellationToken cancel) => cancel.Register(() => raw.sqlite3_interrupt(handle));

    /// <summary>Throws unless <paramref name="result"/> is a success.</summary>
    public void Check(int result)
    {
        if (result is not (raw.SQLITE_OK or raw.SQLITE_ROW or raw.SQLITE_DONE))
        {
            throw Error(result);
        }
    }

    /// <summary>Returns the library's last error as an exception.</summary>
    public SqliteException Error(int result)
    {
        var message = raw.sqlite3_errmsg(handle).utf8_to_string();
        return new((result & 0xFF) == raw.SQLITE_IOERR && FullDisk.IsTheReason(handle, Path) ? raw.SQLITE_FULL : result, message);
    }

    /// <summary>Interrupts the running statement, from any thread.</summary>
    public void Interrupt() => raw.sqlite3_interrupt(handle);

    /// <summary>
    /// Keeps the log when the last connection closes. By default SQLite then moves it into the database file and removes it. It finds these
    /// files by their names, which may lead to other files by then.
    /// </summary>
    public void KeepLog(bool keep = true) => Check(raw.sqlite3_db_config(handle, raw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, keep ? 1 : 0, out _));

    public override void Dispose()
    {
        OpenDatabases.Remove(this);
        foreach (var statement in statements)
        {
            statement?.Dispose();
        }

        handle.Dispose();
    }

    /// <summary>
    /// Refuses an empty or missing file with a log beside it: SQLite would remove that log, and with it acknowledged writes.
    /// </summary>
    public static void RefuseOrphanedLog(string path)
    {
        if (new FileInfo(path + "-wal") is { Exists: true, Length: > 0 } && new FileInfo(path) is { Exists: false } or { Length: 0 })
        {
            throw new DatabaseRefusedException(
                $"{path} is missing or empty, but {path}-wal beside it holds writes: the file was lost. It was not touched. Restore a backup with `pilothouse backup restore`, which sets both aside.");
        }
    }

    /// <summary>
    /// Returns the name under which the file is opened for a glance. A -wal, -shm or -journal file beside it means that a program has it
    /// open or was killed; then it must be read with locks.
    /// </summary>
    private static string GlanceName(string path) =>
        $"file:{Uri.EscapeDataString(System.IO.Path.GetFullPath(path)).Replace("%2F", "/", StringComparison.Ordinal)}{(File.Exists(path + "-wal") || File.Exists(path + "-shm") || File.Exists(path + "-journal") ? "" : "?immutable=1")}";
}

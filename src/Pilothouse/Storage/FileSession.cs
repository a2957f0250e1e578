using Pilothouse.Storage.Sqlite;

namespace Pilothouse.Storage;

/// <summary>The purpose for which a database file is opened.</summary>
internal enum OpenFor
{
    /// <summary>For the one connection that writes. It gets the server's settings at once.</summary>
    Write,

    /// <summary>For one of several connections of a server that only read. Its log is open; who reads rows with it sets <c>SqliteSettings</c> first.</summary>
    Read,

    /// <summary>For inspecting a file that may not be ours, without changing it.</summary>
    Inspect,

    /// <summary>
    /// Like Inspect, but if no program has the file open, no files are created beside it; a write at that moment may then cause an error.
    /// </summary>
    Glance,

    /// <summary>
    /// Like Inspect, but may roll back the unfinished transaction of a killed program, as every program that opens the file does.
    /// </summary>
    Recover,

    /// <summary>
    /// For a copy that no other program has open. It is created if it is missing, and gets none of the server's settings.
    /// </summary>
    Copy,
}

/// <summary>
/// A database file that is opened outside of the server's connections: by a command, by the checklist, or to verify a backup. Only one
/// thread may use it at a time. Its methods throw <see cref="EngineException"/>.
/// </summary>
internal abstract class FileSession : Session, IDisposable
{
    /// <exception cref="DatabaseRefusedException">The file cannot be opened, or must not be.</exception>
    public static FileSession Open(string path, OpenFor purpose) => new SqliteConnection(path, purpose);

    /// <summary>Returns the first column of the first row as text.</summary>
    public abstract string? Scalar(string sql);

    /// <summary>Returns the first column of every row as text.</summary>
    public abstract IReadOnlyList<string> Column(string sql);

    /// <summary>Runs a statement without keeping its prepared form.</summary>
    public abstract void Execute(string sql);

    /// <summary>Interrupts the running statement when <paramref name="cancel"/> is cancelled.</summary>
    public abstract CancellationTokenRegistration InterruptOn(CancellationToken cancel);

    /// <summary>Whether the file is in WAL mode, in which writers do not block readers, according to its header.</summary>
    public abstract bool HasWriteAheadLog { get; }

    /// <summary>Whether the file has this table.</summary>
    public abstract bool HasTable(string name);

    /// <summary>The names of its tables, without those of the engine.</summary>
    public IReadOnlyList<string> Tables() => Column("SELECT name FROM sqlite_schema WHERE type = 'table' AND substr(name, 1, 7) <> 'sqlite_'");

    public abstract void Dispose();
}

using Pilothouse.Storage.Sqlite;

namespace Pilothouse.Storage;

/// <summary>What a database file is opened for.</summary>
internal enum OpenFor
{
    /// <summary>The one connection that writes.</summary>
    Write,

    /// <summary>One of several that only read.</summary>
    Read,

    /// <summary>A look at a file that may not be ours, without changing it.</summary>
    Inspect,

    /// <summary>As Inspect; where nobody has the file open, nothing is made beside it, and a write at that moment may be an error.</summary>
    Glance,

    /// <summary>As Inspect, but may roll back what a killed program left half written, as every program that opens the file does.</summary>
    Recover,

    /// <summary>A copy that nobody else has open, made if it is not there; none of the server's settings.</summary>
    Copy,
}

/// <summary>
/// A database file that is looked at by itself, past the server: by a command, by the checklist, or a backup that is verified. It belongs to one
/// thread at a time. Its methods throw <see cref="EngineException"/>.
/// </summary>
internal abstract class FileSession : Session, IDisposable
{
    /// <exception cref="DatabaseRefusedException">The file cannot be opened, or must not be.</exception>
    public static FileSession Open(string path, OpenFor purpose) => new SqliteConnection(path, purpose);

    /// <summary>The first column of the first row as text.</summary>
    public abstract string? Scalar(string sql);

    /// <summary>The first column of every row as text.</summary>
    public abstract IReadOnlyList<string> Column(string sql);

    /// <summary>Runs a statement that is not worth keeping.</summary>
    public abstract void Execute(string sql);

    /// <summary>Ends a statement that runs when <paramref name="cancel"/> is cancelled.</summary>
    public abstract CancellationTokenRegistration InterruptOn(CancellationToken cancel);

    /// <summary>Whether writers of the file leave readers alone (a write-ahead log), as its own header says.</summary>
    public abstract bool HasWriteAheadLog { get; }

    /// <summary>Whether the file has this table.</summary>
    public abstract bool HasTable(string name);

    public abstract void Dispose();
}

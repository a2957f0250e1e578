using System.Diagnostics;
using SQLitePCL;

namespace Pilothouse.Storage.Sqlite;

/// <summary>Why a read was interrupted.</summary>
internal enum ReadEnd
{
    None,

    /// <summary>It needs more steps than its queue allows.</summary>
    TooManySteps,

    /// <summary>It took longer than its kind may.</summary>
    TooLong,

    /// <summary>Its snapshot keeps the log from being shortened.</summary>
    Log,

    /// <summary>The client has gone away.</summary>
    Cancelled,
}

/// <summary>
/// A connection that only reads, and whose read can be interrupted. SQLite calls back while it works and asks whether to go on.
/// sqlite3_interrupt is not used: it may arrive between two statements, where it is lost, or after the read, where it hits the next one.
/// </summary>
internal sealed class ReadingConnection : IDisposable
{
    private const int StepsBetweenLooks = 1000;
    private readonly SqliteConnection connection;
    private readonly bool durable;
    private bool hasSettings;
    private ReadLimits limits = ReadLimits.None;
    private CancellationToken cancel;
    private long stepsLeft;
    private long began;
    private long startedAt;
    private volatile bool asked;
    private ReadEnd end;

    public ReadingConnection(string path, bool durable)
    {
        this.durable = durable;
        connection = new SqliteConnection(path, OpenFor.Read);
        raw.sqlite3_progress_handler(connection.Handle, StepsBetweenLooks, static reading => ((ReadingConnection)reading).Look(), this);
    }

    /// <summary>
    /// The connection. It gets its settings with its first read: SQLite reads the whole schema for them, which takes milliseconds, and
    /// most of a server's connections are there for a burst that may never come.
    /// </summary>
    /// <exception cref="SqliteException">The file cannot be read; the next read tries again.</exception>
    public SqliteConnection Connection
    {
        get
        {
            if (!hasSettings)
            {
                SqliteSettings.Apply(connection, writer: false, durable);
                hasSettings = true;
            }

            return connection;
        }
    }

    /// <summary>Why the last read was interrupted.</summary>
    public ReadEnd End => end;

    /// <summary>Whether an interruptible read runs that began before <paramref name="timestamp"/>.</summary>
    public bool HasRunSince(long timestamp) => Volatile.Read(ref startedAt) is not 0 and var started && started <= timestamp;

    /// <summary>Called before a read, and before it is run again. <paramref name="first"/> is when it first got a connection.</summary>
    public void Begin(ReadLimits now, long mostSteps, long first, CancellationToken gone)
    {
        (limits, began, cancel, stepsLeft, end, asked) = (now, first, gone, mostSteps, ReadEnd.None, false);
        Volatile.Write(ref startedAt, now.CanEnd ? Stopwatch.GetTimestamp() : 0);
    }

    /// <summary>Called after a read. Statements after this are not interrupted.</summary>
    public void Finish()
    {
        Volatile.Write(ref startedAt, 0);
        (limits, cancel) = (ReadLimits.None, default);
    }

    /// <summary>
    /// Asks the running read to end so that the log can be shortened, from any thread. A read that is not interruptible goes on.
    /// </summary>
    public void AskToEnd() => asked = true;

    public void Dispose() => connection.Dispose();

    /// <summary>SQLite calls this within a statement. A result other than 0 interrupts it with SQLITE_INTERRUPT.</summary>
    private int Look()
    {
        if (!limits.CanEnd)
        {
            return 0;
        }

        stepsLeft -= StepsBetweenLooks;
        end = cancel.IsCancellationRequested ? ReadEnd.Cancelled
            : asked ? ReadEnd.Log
            : stepsLeft < 0 ? ReadEnd.TooManySteps
            : Stopwatch.GetElapsedTime(began) > limits.Longest ? ReadEnd.TooLong
            : ReadEnd.None;
        return end == ReadEnd.None ? 0 : 1;
    }
}

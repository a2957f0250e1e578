using System.Diagnostics;
using System.Globalization;
using SQLitePCL;

namespace Pilothouse.Storage.Sqlite;

/// <summary>
/// Keeps the write-ahead log short. The writer's thread calls it between two transactions. The log can start over only if all of it is in
/// the database file and no reader uses a snapshot from it; with overlapping reads that moment never comes by itself. So if the log has
/// become too long, no new long reads begin, running ones are interrupted after a short while (and run again), and the writer waits some
/// milliseconds for the rest.
/// </summary>
internal sealed partial class LogKeeper
{
    /// <summary>SQLITE_CHECKPOINT_NOOP only returns the length of the log. It takes no lock and half a microsecond.</summary>
    private const int OnlyTell = -1;

    private const int FrameHeader = 24;

    /// <summary>From this length on, reads are interrupted.</summary>
    private const int TooLongBytes = 60_000_000;

    /// <summary>
    /// From this length on, reads get no time to finish: with hundreds of megabytes written per second, the log would exceed 100 MB.
    /// </summary>
    private const int MostHeldBytes = 75_000_000;

    private static readonly TimeSpan PatienceWithReads = TimeSpan.FromMilliseconds(100);

    private static readonly TimeSpan PatienceAfterEnding = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestStop = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestStopInHurry = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan BetweenTries = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan SayEvery = TimeSpan.FromMinutes(1);

    private readonly SqliteConnection writer;
    private readonly SqliteReaders readers;
    private readonly Action demandFiles;
    private readonly ILogger logger;
    private readonly CheckpointRule rule;
    private readonly int tooLong;
    private readonly int mostHeld;
    private int triedAt;
    private int heldAt = -1;
    private long stoppingSince;
    private long saidAt;

    /// <param name="writer">The connection that writes. It runs no checkpoints by itself.</param>
    /// <param name="readers">The server's own readers.</param>
    /// <param name="demandFiles">Throws if the names of the files no longer lead to the open files. Then no checkpoint runs.</param>
    /// <param name="clock">The server's clock.</param>
    /// <param name="logger">Receives failures.</param>
    public LogKeeper(SqliteConnection writer, SqliteReaders readers, Action demandFiles, TimeProvider clock, ILogger logger)
    {
        this.writer = writer;
        this.readers = readers;
        this.demandFiles = demandFiles;
        this.logger = logger;
        var frame = int.Parse(writer.Scalar("PRAGMA page_size")!, CultureInfo.InvariantCulture) + FrameHeader;
        rule = new CheckpointRule(writer, frame, clock);
        tooLong = TooLongBytes / frame;
        mostHeld = MostHeldBytes / frame;
        writer.Scalar("PRAGMA wal_autocheckpoint=0");
    }

    /// <summary>Shortens the log if it is due. It never throws: a failure is logged, and the log stays long.</summary>
    public void Look()
    {
        try
        {
            rule.Look();
            Keep();
        }
        catch (Exception error) when (error is SqliteException or DatabaseBrokenException)
        {
            Resume();
            if (saidAt == 0 || Stopwatch.GetElapsedTime(saidAt) > SayEvery)
            {
                saidAt = Stopwatch.GetTimestamp();
                NotShortened(logger, SqliteErrors.Translate(error).Message);
            }
        }
    }

    private void Keep()
    {
        var (length, moved) = Checkpoint(OnlyTell, out _);
        if (length == moved || length < rule.Pages)
        {
            // The next transaction starts the log over, or has done so.
            triedAt = Math.Min(triedAt, length);
            heldAt = -1;
            Resume();
            return;
        }

        if (length < triedAt || length - triedAt >= Math.Max(1, rule.Pages / 10))
        {
            triedAt = length;
            (length, moved) = Checkpoint(raw.SQLITE_CHECKPOINT_PASSIVE, out _);
        }

        // If moved == heldAt, a reader that cannot be interrupted (another program) holds the log. Interrupting our own reads again would
        // not help; when that reader ends, the checkpoint gets further.
        if (length != moved && length >= tooLong && moved != heldAt)
        {
            StopReads(hurry: length >= mostHeld);
        }
    }

    /// <summary>
    /// Takes one step per transaction: first hold back new long reads, then interrupt running ones, then wait for the rest. With hurry, it
    /// takes all steps at once.
    /// </summary>
    private void StopReads(bool hurry)
    {
        if (stoppingSince == 0)
        {
            stoppingSince = Stopwatch.GetTimestamp();
            readers.Pause();
        }

        var took = Stopwatch.GetElapsedTime(stoppingSince);
        if (readers.HaveRunSince(stoppingSince))
        {
            if (!hurry && took < PatienceWithReads)
            {
                return;
            }

            readers.EndThoseSince(stoppingSince);
            if (!hurry && took < PatienceWithReads + PatienceAfterEnding)
            {
                return;
            }
        }

        heldAt = TryBeginAnew(hurry ? LongestStopInHurry : LongestStop);
        Resume();
    }

    /// <returns>-1, or the page of the log that a reader needs which we cannot interrupt: another program, a backup, or a check of the
    /// whole file.</returns>
    private int TryBeginAnew(TimeSpan longest)
    {
        writer.WaitForLocks(TimeSpan.Zero);
        try
        {
            for (var began = Stopwatch.GetTimestamp(); ; Thread.Sleep(BetweenTries))
            {
                var (_, moved) = Checkpoint(raw.SQLITE_CHECKPOINT_RESTART, out var done);
                if (done || Stopwatch.GetElapsedTime(began) > longest)
                {
                    return done ? -1 : moved;
                }
            }
        }
        finally
        {
            writer.WaitForLocks(SqliteConnection.LockPatience);
        }
    }

    private void Resume()
    {
        if (stoppingSince != 0)
        {
            stoppingSince = 0;
            readers.Resume();
        }
    }

    /// <summary>Runs a checkpoint as far as it can get.</summary>
    /// <returns>The pages in the log, and how many of them are in the database file.</returns>
    private (int Length, int Moved) Checkpoint(int mode, out bool done)
    {
        if (mode != OnlyTell)
        {
            demandFiles();
        }

        var result = raw.sqlite3_wal_checkpoint_v2(writer.Handle, null, mode, out var length, out var moved);
        done = result == raw.SQLITE_OK;
        if ((result & 0xFF) is not (raw.SQLITE_OK or raw.SQLITE_BUSY or raw.SQLITE_LOCKED))
        {
            throw writer.Error(result);
        }

        return (length, moved);
    }

    [LoggerMessage(
        Level = LogLevel.Error, Message = "The write-ahead log cannot be moved into the database's file and grows meanwhile. {Reason}")]
    private static partial void NotShortened(ILogger logger, string reason);
}

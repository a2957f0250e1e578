using System.Diagnostics;
using System.Globalization;
using SQLitePCL;

namespace Pilothouse.Storage.Sqlite;

/// <summary>
/// Keeps the write-ahead log short. It belongs to the writer's thread, which calls it between two transactions. The log begins anew only
/// when all of it stands in the file and nobody reads a state from it; with reads that overlap, that moment never comes by itself. So
/// where the log has become too long, long reads are held back, those that run are ended after a short while (and run again), and for
/// some milliseconds the writer waits for the rest.
/// </summary>
internal sealed partial class LogKeeper
{
    /// <summary>SQLITE_CHECKPOINT_NOOP: only tells how long the log is. It takes no lock, and half a microsecond.</summary>
    private const int OnlyTell = -1;

    private const int FrameHeader = 24;

    /// <summary>From here on reads are ended for it.</summary>
    private const int TooLongBytes = 60_000_000;

    /// <summary>Who writes hundreds of megabytes a second would pass 100 MB while reads are given time: from here on nobody is.</summary>
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

    /// <param name="writer">The connection that writes; it leaves all checkpoints to this.</param>
    /// <param name="readers">The server's own reads.</param>
    /// <param name="demandFiles">Throws where the names of the files lead to others than the open ones: then nothing is moved.</param>
    /// <param name="clock">The server's.</param>
    /// <param name="logger">Is told of failures.</param>
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

    /// <summary>Shortens the log where it is time to. Never throws: what keeps it from that is logged, and shows as a long log.</summary>
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
            // The next transaction begins it anew, or it has.
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

        // Who is not ours cannot be ended, and ending ours again and again would not help; as soon as he is gone, more is moved.
        if (length != moved && length >= tooLong && moved != heldAt)
        {
            StopReads(hurry: length >= mostHeld);
        }
    }

    /// <summary>One step at each transaction: hold long reads back, end those that run, and then wait for the rest; in a hurry all at once.</summary>
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

    /// <returns>
    /// -1, or the page of the log at which a reader holds it that we do not end: another program, a backup, a check of the whole file.
    /// </returns>
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

    /// <summary>Moves what can be moved.</summary>
    /// <returns>Pages in the log, and those of them that stand in the file.</returns>
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

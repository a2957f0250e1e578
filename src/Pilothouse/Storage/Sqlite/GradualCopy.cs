using Pilothouse.Storage.Files;
using SQLitePCL;

namespace Pilothouse.Storage.Sqlite;

/// <summary>
/// Copies the served database a few pages at a time between the writer's transactions, over the writer's own connection, because SQLite's
/// backup API also applies later changes of that connection to the copy (https://sqlite.org/backup.html). A copy over another connection
/// would need one snapshot for its whole duration, and the log would grow by hundreds of megabytes meanwhile.
/// </summary>
internal sealed class GradualCopy : IDisposable
{
    /// <summary>
    /// The pages of a step at first. A quarter of a megabyte takes a few tenths of a millisecond, and a write may wait that long.
    /// </summary>
    private const int FewestPages = 64;

    /// <summary>The most pages of a step. If the file grows as fast as it is copied, the steps become larger up to this.</summary>
    private const int MostPages = 2048;

    /// <summary>The copy is given up after this many times the size of the file, because clients write even faster.</summary>
    private const int MostTimesTheFile = 3;

    /// <summary>How often the copy may start over. SQLite restarts it after a commit of another program.</summary>
    private const int MostBeginnings = 3;

    /// <summary>
    /// The pause between two steps, in which writes find the writer free. A gigabyte takes some five seconds longer for it.
    /// </summary>
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(1);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan TryAgainAfter = TimeSpan.FromMilliseconds(20);

    private readonly SqliteWriter writer;
    private readonly SqliteConnection moment;
    private readonly SqliteConnection target;
    private volatile sqlite3_backup? copy;
    private int beginnings = 1;
    private int left = int.MaxValue;
    private int pagesAtATime = FewestPages;
    private long copied;
    private int pages;

    private GradualCopy(SqliteWriter writer, SqliteConnection moment, SqliteConnection target)
    {
        this.writer = writer;
        this.moment = moment;
        this.target = target;
    }

    /// <summary>Runs the copy to its end. Call it on a thread of its own.</summary>
    /// <param name="writer">The writer of the server.</param>
    /// <param name="moment">Another connection to the same file. Afterwards it is in a transaction on the snapshot that was copied.</param>
    /// <param name="target">The copy. The writer uses this connection while the copy runs.</param>
    /// <param name="flush">Syncs to the disk what was copied.</param>
    /// <param name="progress">Receives the finished part, 0 to 1.</param>
    /// <param name="cancel">Cancels the copy.</param>
    /// <returns>False if other programs write so much that the copy would not end.</returns>
    /// <exception cref="SqliteException">The source cannot be read, or there is not enough space for the copy.</exception>
    /// <exception cref="DatabaseBusyException">The writer was too busy for the copy.</exception>
    public static bool TryRun(
        SqliteWriter writer, SqliteConnection moment, SqliteConnection target, SteadyFlush flush, IProgress<double>? progress, CancellationToken cancel)
    {
        using var running = new GradualCopy(writer, moment, target);
        running.OnWriter(running.Begin, cancel);
        while (running.beginnings <= MostBeginnings && running.copied <= MostTimesTheFile * (long)Math.Max(running.pages, MostPages))
        {
            if (running.OnWriter(running.Step, cancel) is not { } part)
            {
                return true;
            }

            flush.Note(running.pagesAtATime);
            progress?.Report(part);
            Thread.Sleep(Rest);
        }

        return false;
    }

    /// <summary>Ends the copy's use of the writer's connection before either connection is closed.</summary>
    public void Dispose()
    {
        while (copy is not null)
        {
            try
            {
                writer.BetweenAsync(_ => Finish()).GetAwaiter().GetResult();
            }
            catch (DatabaseBusyException)
            {
                // The writer is busy, or is ending and then does this itself.
                Thread.Sleep(TryAgainAfter);
            }
        }
    }

    private T OnWriter<T>(Func<SqliteConnection, T> step, CancellationToken cancel)
    {
        for (var waited = TimeSpan.Zero; ; waited += TryAgainAfter)
        {
            cancel.ThrowIfCancellationRequested();
            try
            {
                return writer.BetweenAsync(step).GetAwaiter().GetResult();
            }
            catch (DatabaseBusyException) when (waited < Patience && !writer.IsEnding)
            {
                // Another program holds the lock. The copy continues where it is.
                Thread.Sleep(TryAgainAfter);
            }
        }
    }

    private bool Begin(SqliteConnection source)
    {
        var begun = raw.sqlite3_backup_init(target.Handle, "main", source.Handle, "main");
        if (begun.IsInvalid)
        {
            target.Check(raw.sqlite3_errcode(target.Handle));
        }

        copy = begun;
        writer.AtEnd = () => Finish();
        return true;
    }

    /// <returns>The finished part, 0 to 1; null at the end.</returns>
    private double? Step(SqliteConnection source)
    {
        if (copy is null)
        {
            throw new DatabaseBusyException("The database was closed while it was copied.");
        }

        // The last step must copy exactly the snapshot that the other connection reads.
        var isLast = left <= pagesAtATime || left == int.MaxValue;
        var version = isLast ? source.DataVersion() : 0;
        if (isLast)
        {
            Stand();
        }

        var result = raw.sqlite3_backup_step(copy, pagesAtATime);
        if (result == raw.SQLITE_DONE && isLast && source.DataVersion() == version)
        {
            Finish();
            return null;
        }

        Leave();
        switch (result)
        {
            case raw.SQLITE_DONE:
                // Another program has committed in between.
                Finish();
                Begin(source);
                beginnings++;
                left = int.MaxValue;
                return 0;
            case raw.SQLITE_BUSY or raw.SQLITE_LOCKED:
                throw new DatabaseBusyException("Another program holds the database.");
            case not raw.SQLITE_OK:
                throw new SqliteException(result, raw.sqlite3_errstr(result).utf8_to_string());
        }

        var (sizeBefore, leftBefore) = (pages, left);
        pages = raw.sqlite3_backup_pagecount(copy);
        left = raw.sqlite3_backup_remaining(copy);
        copied += pagesAtATime;
        if (leftBefore != int.MaxValue && left >= leftBefore)
        {
            // Either the file grew by more than was copied, or another program has committed and SQLite has started over.
            beginnings += left - leftBefore > pages - sizeBefore ? 1 : 0;
            pagesAtATime = Math.Min(MostPages, pagesAtATime * 2);
        }

        return pages == 0 ? 1 : 1 - ((double)left / pages);
    }

    private void Stand()
    {
        Leave();
        SqliteSnapshot.Begin(moment);
    }

    /// <summary>Ends the snapshot, which would otherwise keep the log from being shortened until the end.</summary>
    private void Leave()
    {
        if (!moment.AutoCommit)
        {
            moment.Execute("ROLLBACK");
        }
    }

    private bool Finish()
    {
        writer.AtEnd = null;
        copy?.Dispose();
        copy = null;
        return true;
    }
}

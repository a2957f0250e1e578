using Pilothouse.Storage.Files;
using SQLitePCL;

namespace Pilothouse.Storage.Sqlite;

/// <summary>
/// Copies the served database a few pages at a time between the writer's transactions, by the writer's own connection: SQLite's backup API writes
/// what that connection changes into the copy too (https://sqlite.org/backup.html). A copy by another connection has to hold one state of the
/// database for as long as it takes, and the log grows meanwhile, by hundreds of megabytes for a large file.
/// </summary>
internal sealed class GradualCopy : IDisposable
{
    /// <summary>A quarter of a megabyte: a few tenths of a millisecond, for which a write may wait.</summary>
    private const int FewestPages = 64;

    /// <summary>Where the file grows as fast as it is copied, the steps become longer, up to this.</summary>
    private const int MostPages = 2048;

    /// <summary>Whoever writes faster than even that has made us copy the whole file this often.</summary>
    private const int MostTimesTheFile = 3;

    /// <summary>A commit by another program lets SQLite begin the copy anew.</summary>
    private const int MostBeginnings = 3;

    /// <summary>So a gigabyte takes some five seconds more, and whoever writes finds the writer free.</summary>
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

    /// <summary>Runs on a thread of its own, to the end of the copy.</summary>
    /// <param name="writer">The server's.</param>
    /// <param name="moment">Another connection to the same file. It stands in a transaction of the copied state afterwards.</param>
    /// <param name="target">The copy. It is the writer's while this runs.</param>
    /// <param name="flush">Puts on the disk what was copied.</param>
    /// <param name="progress">Is told the part that is done, 0 to 1.</param>
    /// <param name="cancel">Ends it.</param>
    /// <returns>False where others write so much that it would not come to its end.</returns>
    /// <exception cref="SqliteException">The source cannot be read, or there is no room for the copy.</exception>
    /// <exception cref="DatabaseBusyException">The writer did not come to it.</exception>
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

    /// <summary>The copy's own hold on the writer's connection ends before anybody closes either.</summary>
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
                // The writer is busy, or at its end, where it does this by itself.
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
                // Another program holds the lock; the copy goes on where it stands.
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

    /// <returns>The part that is done; null at the end.</returns>
    private double? Step(SqliteConnection source)
    {
        if (copy is null)
        {
            throw new DatabaseBusyException("The database was closed while it was copied.");
        }

        // The last step must be of the very state in which the other connection stands.
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
            // The file grew by more than was copied; if not, another program has committed, and SQLite began anew.
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

    /// <summary>Else it would hold the log until the end.</summary>
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

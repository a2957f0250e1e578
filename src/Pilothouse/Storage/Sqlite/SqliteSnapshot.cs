using Pilothouse.Storage.Files;
using SQLitePCL;

namespace Pilothouse.Storage.Sqlite;

/// <summary>Copies a snapshot of a database while others go on writing to it.</summary>
internal static class SqliteSnapshot
{
    /// <summary>The pages between two reports of the progress: a megabyte with the usual 4 KiB.</summary>
    private const int PagesAtATime = 256;

    /// <summary>
    /// Copies page by page (SQLite's backup API, https://sqlite.org/backup.html) inside one read transaction of the source, so that the
    /// copy is one snapshot and never has to start over. When this returns, the copy is synced to the disk and no longer in WAL mode.
    /// </summary>
    /// <param name="source">The database. Other programs may have it open.</param>
    /// <param name="target">A file that exists and is empty.</param>
    /// <param name="progress">Receives the finished part, 0 to 1.</param>
    /// <param name="cancel">Cancels the copy.</param>
    /// <returns>The facts of the snapshot.</returns>
    /// <exception cref="SqliteException">The source cannot be read, or there is not enough space for the copy.</exception>
    public static DatabaseFacts Copy(string source, string target, IProgress<double>? progress, CancellationToken cancel)
    {
        using var from = new SqliteConnection(source, OpenFor.Recover);
        return Copy(from, target, progress, cancel);
    }

    /// <summary>Does the same over a connection that is open already.</summary>
    public static DatabaseFacts Copy(SqliteConnection from, string target, IProgress<double>? progress, CancellationToken cancel)
    {
        using var interrupt = from.InterruptOn(cancel);
        Begin(from);
        var facts = DatabaseFacts.Read(from);
        using var flush = new SteadyFlush(target);
        using (var to = Open(target))
        {
            CopyPages(from, to, flush, progress, cancel);
        }

        from.Execute("ROLLBACK");
        Finish(target, flush);
        return facts;
    }

    /// <summary>
    /// Copies the database that this process serves, between the writer's transactions, so that the log stays short meanwhile
    /// (<see cref="GradualCopy"/>). If other programs write all the time, it copies inside one read transaction instead.
    /// </summary>
    /// <param name="writer">The writer of the server.</param>
    /// <param name="source">The database.</param>
    /// <param name="target">A file that exists and is empty.</param>
    /// <param name="read">Reads facts from the snapshot that is copied.</param>
    /// <param name="progress">Receives the finished part, 0 to 1.</param>
    /// <param name="cancel">Cancels the copy.</param>
    /// <exception cref="SqliteException">The source cannot be read, or there is not enough space for the copy.</exception>
    /// <exception cref="DatabaseBusyException">The writer was too busy for the copy.</exception>
    public static T CopyServed<T>(
        SqliteWriter writer, string source, string target, Func<SqliteConnection, T> read, IProgress<double>? progress, CancellationToken cancel)
    {
        using var moment = new SqliteConnection(source, OpenFor.Recover);
        using var interrupt = moment.InterruptOn(cancel);
        using var flush = new SteadyFlush(target);
        bool done;
        using (var to = Open(target))
        {
            done = GradualCopy.TryRun(writer, moment, to, flush, progress, cancel);
        }

        if (!done)
        {
            flush.Empty();
            Begin(moment);
            using var to = Open(target);
            CopyPages(moment, to, flush, progress, cancel);
        }

        var known = read(moment);
        moment.Execute("ROLLBACK");
        Finish(target, flush);
        return known;
    }

    /// <summary>Begins a transaction and its snapshot. BEGIN alone takes no snapshot before the first read.</summary>
    public static void Begin(SqliteConnection connection)
    {
        connection.Execute("BEGIN");
        connection.Scalar("SELECT count(*) FROM sqlite_schema");
    }

    private static SqliteConnection Open(string target)
    {
        var to = new SqliteConnection(target, OpenFor.Copy);
        to.Execute("PRAGMA synchronous=OFF");
        to.Scalar("PRAGMA journal_mode=OFF");
        return to;
    }

    private static void Finish(string target, SteadyFlush flush)
    {
        using (var to = new SqliteConnection(target, OpenFor.Copy))
        {
            // A copy in WAL mode could not be read without creating files beside it.
            to.Scalar("PRAGMA journal_mode=DELETE");
        }

        flush.Now();
    }

    private static void CopyPages(SqliteConnection from, SqliteConnection to, SteadyFlush flush, IProgress<double>? progress, CancellationToken cancel)
    {
        using var copy = raw.sqlite3_backup_init(to.Handle, "main", from.Handle, "main");
        if (copy.IsInvalid)
        {
            to.Check(raw.sqlite3_errcode(to.Handle));
        }

        int result;
        do
        {
            cancel.ThrowIfCancellationRequested();
            result = raw.sqlite3_backup_step(copy, PagesAtATime);
            if (result is not (raw.SQLITE_OK or raw.SQLITE_DONE))
            {
                throw new SqliteException(result, raw.sqlite3_errstr(result).utf8_to_string());
            }

            flush.Note(PagesAtATime);
            var pages = raw.sqlite3_backup_pagecount(copy);
            progress?.Report(pages == 0 ? 1 : 1 - ((double)raw.sqlite3_backup_remaining(copy) / pages));
        }
        while (result != raw.SQLITE_DONE);
    }
}

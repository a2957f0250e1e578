using SQLitePCL;

namespace Pilothouse.Storage.Sqlite;

/// <summary>Copies a database as it is at one moment, while others go on writing it.</summary>
internal static class SqliteSnapshot
{
    /// <summary>Pages between two looks at the progress: a megabyte of the usual 4 KiB.</summary>
    private const int PagesAtATime = 256;

    private const int PagesBetweenFlushes = SteadyFile.Piece / 4096;

    /// <summary>
    /// Copies page by page (SQLite's backup API, https://sqlite.org/backup.html) inside one read transaction of the source, so that the
    /// copy is of one moment and never has to begin again. The copy is on the disk, and is no longer in WAL mode, when this returns.
    /// </summary>
    /// <param name="source">The database; other programs may have it open.</param>
    /// <param name="target">A file that exists and is empty.</param>
    /// <param name="progress">Is told the part that is done, 0 to 1.</param>
    /// <returns>The facts of the source at the moment of the copy.</returns>
    /// <exception cref="SqliteException">The source cannot be read, or there is no room for the copy.</exception>
    public static DatabaseFacts Copy(string source, string target, IProgress<double>? progress, CancellationToken cancel)
    {
        using var from = new SqliteConnection(source, SqliteUse.Recover);
        return Copy(from, target, progress, cancel);
    }

    /// <summary>The same by a connection that is open already.</summary>
    public static DatabaseFacts Copy(SqliteConnection from, string target, IProgress<double>? progress, CancellationToken cancel)
    {
        using var interrupt = from.InterruptOn(cancel);
        from.Execute("BEGIN");
        var facts = DatabaseFacts.Read(from);
        using (var flush = PlainFile.Write(target, FileAccess.ReadWrite, FileShare.ReadWrite))
        {
            using (var to = new SqliteConnection(target, SqliteUse.Copy))
            {
                to.Execute("PRAGMA synchronous=OFF");
                to.Scalar("PRAGMA journal_mode=OFF");
                CopyPages(from, to, flush, progress, cancel);
            }

            from.Execute("ROLLBACK");
            using (var to = new SqliteConnection(target, SqliteUse.Copy))
            {
                // A copy in WAL mode could not be read without writing beside it.
                to.Scalar("PRAGMA journal_mode=DELETE");
            }

            flush.Flush(flushToDisk: true);
        }

        return facts;
    }

    private static void CopyPages(SqliteConnection from, SqliteConnection to, FileStream flush, IProgress<double>? progress, CancellationToken cancel)
    {
        using var copy = raw.sqlite3_backup_init(to.Handle, "main", from.Handle, "main");
        if (copy.IsInvalid)
        {
            to.Check(raw.sqlite3_errcode(to.Handle));
        }

        var unflushed = 0;
        int result;
        do
        {
            cancel.ThrowIfCancellationRequested();
            result = raw.sqlite3_backup_step(copy, PagesAtATime);
            if (result is not (raw.SQLITE_OK or raw.SQLITE_DONE))
            {
                throw new SqliteException(result, raw.sqlite3_errstr(result).utf8_to_string());
            }

            if ((unflushed += PagesAtATime) >= PagesBetweenFlushes)
            {
                flush.Flush(flushToDisk: true);
                unflushed = 0;
            }

            var pages = raw.sqlite3_backup_pagecount(copy);
            progress?.Report(pages == 0 ? 1 : 1 - ((double)raw.sqlite3_backup_remaining(copy) / pages));
        }
        while (result != raw.SQLITE_DONE);
    }
}

using System.Diagnostics;
using System.Globalization;
using SQLitePCL;

namespace Pilothouse.Storage.Sqlite;

/// <summary>What keeps a SQLite file in good order. Each call has a connection of its own, so that no reader or writer of the server waits for it.</summary>
internal static class SqliteUpkeep
{
    /// <summary>
    /// Lets SQLite count how selective the indexes are, by a few hundred rows of each, where the tables have changed much since the last
    /// time. It takes the write lock for some milliseconds a table, and leaves four times as long to others after each (a million signals with
    /// all else in one transaction: 36 ms); where another has the lock, that table is left for another night.
    /// </summary>
    public static void Optimize(string path)
    {
        using var connection = new SqliteConnection(path, OpenFor.Recover);
        connection.WaitForLocks(TimeSpan.Zero);
        connection.Execute("PRAGMA analysis_limit=400");

        // 0x10000: all tables, whether this connection has asked for them or not; 1: only say what is to be done.
        foreach (var analyze in connection.Column("PRAGMA optimize=0x10003"))
        {
            var started = Stopwatch.GetTimestamp();
            try
            {
                connection.Execute(analyze);
            }
            catch (SqliteException error) when (error.Code is raw.SQLITE_BUSY or raw.SQLITE_LOCKED)
            {
                // Statistics of yesterday are as good.
            }

            Thread.Sleep(Stopwatch.GetElapsedTime(started) * 4);
        }
    }

    /// <summary>
    /// Moves what stands in the log into the file, beside everybody: neither a writer nor a reader waits for it, and it for none. What a
    /// checkpoint costs is so not paid by the writer that happens to fill the log. The log is not made shorter: writers use its room again, and
    /// SQLite itself cuts it to 64 MB when it begins anew; to cut it further would stop writers and make their next commits slower.
    /// </summary>
    public static void CheckpointBeside(string path)
    {
        using var connection = new SqliteConnection(path, OpenFor.Recover);
        connection.Scalar("PRAGMA wal_checkpoint(PASSIVE)");
    }

    /// <summary>Reads the whole file and looks whether it fits together. Takes seconds for each gigabyte.</summary>
    /// <returns>What is wrong, or null.</returns>
    /// <exception cref="OperationCanceledException">It was ended before it came to its end.</exception>
    public static string? FindDamage(string path, CancellationToken cancel)
    {
        try
        {
            using var connection = new SqliteConnection(path, OpenFor.Inspect);
            using var ending = connection.InterruptOn(cancel);
            var found = connection.Scalar("PRAGMA integrity_check(5)");
            return found == "ok" ? null : found ?? "no answer";
        }
        catch (SqliteException error)
        {
            cancel.ThrowIfCancellationRequested();
            return error.Code is raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB or raw.SQLITE_IOERR ? error.Message : throw SqliteErrors.Translate(error);
        }
    }

    /// <summary>The file's size, and what of it is free pages that new rows will use.</summary>
    public static FileUse Use(string path)
    {
        using var connection = new SqliteConnection(path, OpenFor.Inspect);
        var size = Number(connection, "page_size");
        return new(Number(connection, "page_count") * size, Number(connection, "freelist_count") * size);
    }

    /// <summary>
    /// Writes the file anew without its free pages. Others can read meanwhile; who writes waits. Ended at any step, by a crash or a full
    /// disk, it leaves the rows as they were.
    /// </summary>
    /// <exception cref="DatabaseBusyException">Somebody else writes.</exception>
    public static void Vacuum(string path)
    {
        using var connection = new SqliteConnection(path, OpenFor.Write);
        try
        {
            // The copy belongs on the database's own disk, where the room was counted, and not into memory.
            connection.Execute("PRAGMA temp_store=FILE");
            connection.Execute($"PRAGMA temp_store_directory='{Path.GetDirectoryName(Path.GetFullPath(path))!.Replace("'", "''", StringComparison.Ordinal)}'");
            connection.Execute("VACUUM");
            connection.Scalar("PRAGMA wal_checkpoint(TRUNCATE)");
        }
        catch (SqliteException error)
        {
            throw SqliteErrors.Translate(error);
        }
        finally
        {
            // It counts for the whole process.
            connection.Execute("PRAGMA temp_store_directory=''");
        }
    }

    private static long Number(SqliteConnection connection, string pragma) =>
        long.Parse(connection.Scalar($"PRAGMA {pragma}") ?? "0", CultureInfo.InvariantCulture);
}

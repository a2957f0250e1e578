using System.Diagnostics;
using System.Globalization;
using SQLitePCL;

namespace Pilothouse.Storage.Sqlite;

/// <summary>
/// The maintenance of a SQLite file. Each call has a connection of its own, so that no reader or writer of the server waits for it.
/// </summary>
internal static class SqliteUpkeep
{
    /// <summary>
    /// The largest table whose statistics are updated, by its last id. For each index SQLite counts its entries under the write lock (15 µs
    /// for a thousand; a limit of the analysis does not change that since some version between 3.40 and 3.53). So statistics of tables that
    /// grow beyond this stay as they were, which is good enough: our statements do not depend on them.
    /// </summary>
    private const long LargestTable = 200_000;

    /// <summary>
    /// Lets SQLite update its statistics on indexes (from a few hundred rows of each) for tables that have changed much since the last
    /// time. It holds the write lock for some milliseconds per index, and leaves it free four times as long after each. If another program
    /// holds the lock, the index is skipped until another night. The tables themselves are not analyzed: where no index has all rows,
    /// SQLite would also count the rows.
    /// </summary>
    public static void Optimize(string path)
    {
        using var connection = new SqliteConnection(path, OpenFor.Recover);
        connection.WaitForLocks(TimeSpan.Zero);
        connection.Execute("PRAGMA analysis_limit=400");

        // 0x10000: all tables, even those that this connection has not queried; 1: only list the statements.
        foreach (var analyze in Advised(connection).SelectMany(statement => OfIndexes(connection, statement)))
        {
            var started = Stopwatch.GetTimestamp();
            try
            {
                connection.Execute(analyze);
            }
            catch (SqliteException error) when (error.Code is raw.SQLITE_BUSY or raw.SQLITE_LOCKED)
            {
                // The lock is held by another program. Yesterday's statistics are still good.
            }

            Thread.Sleep(Stopwatch.GetElapsedTime(started) * 4);
        }
    }

    /// <summary>
    /// Runs a passive checkpoint: no reader or writer waits for it, and it waits for none. So the cost of a checkpoint is not paid by the
    /// write that happens to fill the log. The log file does not become shorter: later writes use it again, and SQLite cuts it to 64 MB
    /// when it starts over. Cutting it further would block writers and make their next commits slower.
    /// </summary>
    public static void CheckpointBeside(string path)
    {
        using var connection = new SqliteConnection(path, OpenFor.Recover);
        connection.Scalar("PRAGMA wal_checkpoint(PASSIVE)");
    }

    /// <summary>Checks the whole file for damage. It takes seconds per gigabyte.</summary>
    /// <returns>What is wrong, or null.</returns>
    /// <exception cref="OperationCanceledException">The check was cancelled.</exception>
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

    /// <summary>Returns the size of the file, and how much of it is free pages that new rows will use.</summary>
    public static FileUse Use(string path)
    {
        using var connection = new SqliteConnection(path, OpenFor.Inspect);
        var size = Number(connection, "page_size");
        return new(Number(connection, "page_count") * size, Number(connection, "freelist_count") * size);
    }

    /// <summary>
    /// Rewrites the file without its free pages (VACUUM). Readers can go on; writers have to wait. If a crash or a full disk ends it at any
    /// step, the rows stay as they were.
    /// </summary>
    /// <exception cref="DatabaseBusyException">Another program holds the write lock.</exception>
    public static void Vacuum(string path)
    {
        using var connection = new SqliteConnection(path, OpenFor.Write);
        try
        {
            // The temporary copy must be on the database's own disk, whose free space was checked, and not in memory.
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
            // Reset it, because this setting applies to the whole process.
            connection.Execute("PRAGMA temp_store_directory=''");
        }
    }

    /// <summary>The statements that SQLite advises. None while another program has the lock: the statistics of yesterday are as good.</summary>
    private static IReadOnlyList<string> Advised(SqliteConnection connection)
    {
        try
        {
            return connection.Column("PRAGMA optimize=0x10003");
        }
        catch (SqliteException error) when (error.IsLock)
        {
            return [];
        }
    }

    /// <summary>Returns a statement for each index of the table that SQLite advises to analyze; none if the table is too large.</summary>
    private static IEnumerable<string> OfIndexes(SqliteConnection connection, string analyze)
    {
        // SQLite writes ANALYZE "main"."signals".
        const string before = "ANALYZE \"main\".";
        if (!analyze.StartsWith(before, StringComparison.Ordinal))
        {
            return [];
        }

        var quoted = analyze[before.Length..];
        var name = quoted[1..^1].Replace("\"\"", "\"", StringComparison.Ordinal).Replace("'", "''", StringComparison.Ordinal);
        var hasIds = connection.Scalar($"SELECT wr FROM pragma_table_list('{name}') WHERE schema = 'main'") == "0";
        return hasIds && long.TryParse(connection.Scalar($"SELECT max(_rowid_) FROM {quoted}"), CultureInfo.InvariantCulture, out var last) && last <= LargestTable
            ? connection.Column($"SELECT name FROM pragma_index_list('{name}')")
                .Select(static index => $"ANALYZE main.\"{index.Replace("\"", "\"\"", StringComparison.Ordinal)}\"")
            : [];
    }

    private static long Number(SqliteConnection connection, string pragma) =>
        long.Parse(connection.Scalar($"PRAGMA {pragma}") ?? "0", CultureInfo.InvariantCulture);
}

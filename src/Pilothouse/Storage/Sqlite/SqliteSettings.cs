using System.Diagnostics;
using SQLitePCL;

namespace Pilothouse.Storage.Sqlite;

/// <summary>
/// The settings of each connection of a server. Each is read back, because SQLite silently ignores a setting that it does not know.
/// </summary>
internal static class SqliteSettings
{
    private static readonly TimeSpan BetweenTries = TimeSpan.FromMilliseconds(2);

    /// <exception cref="DatabaseRefusedException">SQLite did not accept a setting.</exception>
    public static void Apply(SqliteConnection connection, bool writer, bool durable)
    {
        // Without this, SQLite prepares a statement again whenever a parameter that an expression index or partial index was matched
        // against gets a new value: a page of signals took 80 µs longer.
        connection.Check(raw.sqlite3_db_config(connection.Handle, raw.SQLITE_DBCONFIG_ENABLE_QPSG, 1, out _));
        Set(connection, "busy_timeout", "5000", "5000");
        if (writer)
        {
            UseLog(connection);
        }

        Set(connection, "synchronous", durable ? "FULL" : "NORMAL", durable ? "2" : "1");
        Set(connection, "foreign_keys", "ON", "1");
        Set(connection, "cache_size", writer ? "-4096" : "-2048", writer ? "-4096" : "-2048");
        Set(connection, "temp_store", "MEMORY", "2");
        Set(connection, "journal_size_limit", "67108864", "67108864");
        Set(connection, "trusted_schema", "OFF", "0");
        if (!writer)
        {
            Set(connection, "query_only", "ON", "1");
        }
    }

    /// <summary>
    /// Lets a statement's copies of pages be in one piece of memory (<see cref="SqliteConnection"/>). Where temporary data must be in memory
    /// they are in pieces of a kilobyte, which took a tenth of the writer's time. A statement that changes more than two thousand pages
    /// copies them to a temporary file.
    /// </summary>
    public static void KeepCopiesInOnePiece(SqliteConnection writer) => Set(writer, "temp_store", "FILE", "1");

    /// <summary>Turns WAL mode on. SQLite itself does not wait for the lock that this needs.</summary>
    private static void UseLog(SqliteConnection connection)
    {
        for (var began = Stopwatch.GetTimestamp(); ; Thread.Sleep(BetweenTries))
        {
            try
            {
                Set(connection, "journal_mode", "WAL", "wal");
                return;
            }
            catch (SqliteException error) when (error.IsLock && Stopwatch.GetElapsedTime(began) < SqliteConnection.LockPatience)
            {
                // A bot holds the lock. Try again: it is free between two commits.
            }
        }
    }

    private static void Set(SqliteConnection connection, string name, string value, string expected)
    {
        connection.Execute($"PRAGMA {name}={value}");
        var now = connection.Scalar($"PRAGMA {name}");
        if (now != expected)
        {
            throw new DatabaseRefusedException(
                $"SQLite did not take PRAGMA {name}={value} (it says {now ?? "nothing"}). The file system may not support it; put the database on a local disk.");
        }
    }
}

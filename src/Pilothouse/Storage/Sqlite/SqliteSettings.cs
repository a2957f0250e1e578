using System.Diagnostics;
using SQLitePCL;

namespace Pilothouse.Storage.Sqlite;

/// <summary>What each connection of a server is set to, and read back from: SQLite ignores what it does not know without a word.</summary>
internal static class SqliteSettings
{
    private static readonly TimeSpan BetweenTries = TimeSpan.FromMilliseconds(2);

    /// <exception cref="DatabaseRefusedException">SQLite did not take a setting.</exception>
    public static void Apply(SqliteConnection connection, bool writer, bool durable)
    {
        // Else a new value for a parameter that an expression or partial index was matched against makes SQLite prepare the
        // statement again, each time: a page of signals cost 80 µs more.
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

    /// <summary>For the lock that a change of the journal's mode needs, SQLite itself does not wait.</summary>
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
                // A bot commits; between two commits there is room.
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

using SQLitePCL;

namespace Pilothouse.Storage.Sqlite;

/// <summary>Turns SQLite's result codes into exceptions that callers can handle.</summary>
internal static class SqliteErrors
{
    public static Exception Translate(Exception error) => error is not SqliteException sqlite ? (error as TransactionEndedException)?.Reason ?? error : sqlite.Code switch
    {
        raw.SQLITE_BUSY or raw.SQLITE_LOCKED => new DatabaseBusyException(
            "Another program has held the database locked for 5 seconds. Try again; if it goes on, look for a program that keeps a transaction open."),
        raw.SQLITE_FULL => new DatabaseFullException("The disk that holds the database is full, or this user's quota of it. Nothing was stored; free some space and send it again."),
        raw.SQLITE_CANTOPEN or raw.SQLITE_IOERR or raw.SQLITE_READONLY or raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB =>
            Broken(sqlite),
        raw.SQLITE_CONSTRAINT when IsForeignRule(sqlite) => new RowKeptAwayException(sqlite.Message, sqlite),
        _ => error,
    };

    /// <summary>
    /// Whether a rule of another program refused the row. It cannot be one of ours: our tables have no CHECK, our triggers refuse nothing,
    /// and our unique indexes and foreign keys are checked before the write.
    /// </summary>
    private static bool IsForeignRule(SqliteException error) => error.ExtendedCode
        is raw.SQLITE_CONSTRAINT_TRIGGER or raw.SQLITE_CONSTRAINT_UNIQUE or raw.SQLITE_CONSTRAINT_CHECK or raw.SQLITE_CONSTRAINT_FOREIGNKEY;

    private static DatabaseBrokenException Broken(SqliteException cause) => new(
        $"The database cannot be used: {cause.Message}. {(cause.IsDamage
            ? "The file is damaged: stop what uses it and restore a backup with `pilothouse backup restore` (docs/operations.md, Damaged database)."
            : "Look at the rights of the file and its folder, and at its disk (`dmesg`).")}", cause);
}

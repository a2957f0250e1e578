using Npgsql;

namespace Pilothouse.Storage.Postgres;

/// <summary>Turns errors of PostgreSQL and of the connection to it into exceptions that callers can handle.</summary>
internal static class PostgresErrors
{
    public const string Unreachable = "PostgreSQL cannot be reached at the moment. Nothing was stored; send this again in a moment.";

    public static Exception Translate(Exception error) => error switch
    {
        PostgresException known => Translate(known),
        NpgsqlException { InnerException: TimeoutException } => new DatabaseBusyException("PostgreSQL did not answer in time. Ask for less, or send this again in a moment."),
        NpgsqlException => new DatabaseBusyException(Unreachable),
        _ => error,
    };

    /// <summary>Whether PostgreSQL has answered with an error, and not ended or lost the connection.</summary>
    public static bool IsAnswer(Exception error) => error is PostgresException known && known.SqlState is not (PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown);

    private static Exception Translate(PostgresException error) => error.SqlState switch
    {
        PostgresErrorCodes.LockNotAvailable => new DatabaseBusyException(
            "Another program has held a lock on the tables for 5 seconds. Try again; if it goes on, look for it in pg_stat_activity."),
        PostgresErrorCodes.QueryCanceled => new DatabaseBusyException("The query takes longer than the server allows. Ask for less: a shorter time, or one name.") { RetryAfterSeconds = 10 },
        PostgresErrorCodes.DiskFull => new DatabaseFullException("The disk of PostgreSQL is full. Nothing was stored; free some space there and send it again."),
        PostgresErrorCodes.TooManyConnections => new DatabaseBusyException("PostgreSQL has no connection left. Raise max_connections, or lower DB_POOL_SIZE."),
        PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure => new DatabaseBusyException("Another program changed the same rows. Send this again in a moment."),
        PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown or PostgresErrorCodes.CannotConnectNow => new DatabaseBusyException(Unreachable),
        PostgresErrorCodes.ReadOnlySqlTransaction => new DatabaseBusyException("The PostgreSQL server that answers is a standby and takes no writes. Name the primary in DATABASE_URL, or wait until it is promoted."),
        PostgresErrorCodes.InsufficientPrivilege => new DatabaseBrokenException($"The role of DATABASE_URL lacks a right: {error.MessageText}. Make it the owner of the tables (docs/operations.md, PostgreSQL).", error),
        PostgresErrorCodes.DataCorrupted or PostgresErrorCodes.IndexCorrupted => new DatabaseBrokenException($"PostgreSQL found damage: {error.MessageText}. Stop it and restore a backup (docs/operations.md, PostgreSQL).", error),
        PostgresErrorCodes.RaiseException or PostgresErrorCodes.CheckViolation or PostgresErrorCodes.UniqueViolation
            or PostgresErrorCodes.ForeignKeyViolation or PostgresErrorCodes.ExclusionViolation => new RowKeptAwayException(error.MessageText, error),
        _ => error,
    };
}

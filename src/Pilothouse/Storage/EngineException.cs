using Pilothouse.Storage.Postgres;
using Pilothouse.Storage.Sqlite;

namespace Pilothouse.Storage;

/// <summary>An error of the engine. <see cref="Translate"/> turns it into an exception that callers can handle.</summary>
internal abstract class EngineException(string message) : Exception(message)
{
    /// <summary>Whether the database is damaged.</summary>
    public abstract bool IsDamage { get; }

    /// <summary>Whether another program holds a lock.</summary>
    public abstract bool IsLock { get; }

    /// <summary>Whether a row violates a constraint, such as a foreign key of another program's table.</summary>
    public abstract bool IsBrokenRule { get; }

    /// <summary>Returns the exception that a caller can handle. An exception that is not of the engine is returned unchanged.</summary>
    public static Exception Translate(Exception error) => PostgresErrors.Translate(SqliteErrors.Translate(error));
}

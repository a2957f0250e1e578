using Pilothouse.Storage.Sqlite;

namespace Pilothouse.Storage;

/// <summary>An error that the engine itself tells; <see cref="Translate"/> says what it means for a caller.</summary>
internal abstract class EngineException(string message) : Exception(message)
{
    /// <summary>What is stored does not fit together: a page is not what was written there.</summary>
    public abstract bool IsDamage { get; }

    /// <summary>Somebody else has it locked.</summary>
    public abstract bool IsLock { get; }

    /// <summary>A row breaks a rule of the tables, such as a reference of another program's table.</summary>
    public abstract bool IsBrokenRule { get; }

    /// <summary>What a caller can act on; an exception that is none of the engine's stays as it is.</summary>
    public static Exception Translate(Exception error) => SqliteErrors.Translate(error);
}

using SQLitePCL;

namespace Pilothouse.Storage.Sqlite;

/// <summary>An error of the SQLite library.</summary>
internal sealed class SqliteException(int code, string message) : EngineException($"SQLite error {code}: {message}")
{
    /// <summary>The primary result code, without its extension.</summary>
    public int Code { get; } = code & 0xFF;

    /// <summary>The extended result code.</summary>
    public int ExtendedCode { get; } = code;

    /// <summary>The file does not fit together: a page of it is not what was written there.</summary>
    public override bool IsDamage => Code is raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB;

    /// <summary>It was ended from outside.</summary>
    public bool IsInterrupt => Code == raw.SQLITE_INTERRUPT;

    /// <summary>Somebody else has it locked.</summary>
    public override bool IsLock => Code is raw.SQLITE_BUSY or raw.SQLITE_LOCKED;

    public override bool IsBrokenRule => Code == raw.SQLITE_CONSTRAINT;
}

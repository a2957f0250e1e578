using SQLitePCL;

namespace Pilothouse.Storage.Sqlite;

/// <summary>An error of the SQLite library.</summary>
internal sealed class SqliteException(int code, string message) : EngineException($"SQLite error {code}: {message}")
{
    /// <summary>The primary result code, without its extension.</summary>
    public int Code { get; } = code & 0xFF;

    /// <summary>The extended result code.</summary>
    public int ExtendedCode { get; } = code;

    /// <summary>Whether the file is damaged.</summary>
    public override bool IsDamage => Code is raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB;

    /// <summary>Whether the statement was interrupted.</summary>
    public bool IsInterrupt => Code == raw.SQLITE_INTERRUPT;

    /// <summary>Whether another program holds a lock.</summary>
    public override bool IsLock => Code is raw.SQLITE_BUSY or raw.SQLITE_LOCKED;

    public override bool IsBrokenRule => Code == raw.SQLITE_CONSTRAINT;
}

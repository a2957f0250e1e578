using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Pilothouse.Storage.Sqlite;

/// <summary>
/// The calls of the library that run for each value of each row, with plain pointers. SQLitePCL counts the uses of its handle at each call
/// and makes an array of each text. Only <see cref="SqliteStatement"/> and <see cref="SqliteRow"/> call these. The statement owns the
/// handle, and its pointer is 0 once it is closed, which the library refuses. What only reads or sets a value in memory runs without
/// telling the garbage collector, which is allowed for calls that last less than a microsecond.
/// </summary>
internal static unsafe partial class SqliteNative
{
    private const string Library = "e_sqlite3";

    /// <summary>Tells the library to copy a bound text or blob at once.</summary>
    private const nint Transient = -1;

    /// <summary>Texts up to this many bytes are converted on the stack.</summary>
    private const int MostOnStack = 1024;

    [LibraryImport(Library, EntryPoint = "sqlite3_step")]
    public static partial int Step(nint statement);

    /// <summary>Resets a statement. The library also returns the error of its last step, which was reported then.</summary>
    [LibraryImport(Library, EntryPoint = "sqlite3_reset")]
    public static partial void Reset(nint statement);

    [LibraryImport(Library, EntryPoint = "sqlite3_clear_bindings")]
    public static partial void ClearBindings(nint statement);

    [LibraryImport(Library, EntryPoint = "sqlite3_bind_null")]
    [SuppressGCTransition]
    public static partial int BindNull(nint statement, int index);

    [LibraryImport(Library, EntryPoint = "sqlite3_bind_int64")]
    [SuppressGCTransition]
    public static partial int BindWhole(nint statement, int index, long value);

    [LibraryImport(Library, EntryPoint = "sqlite3_bind_double")]
    [SuppressGCTransition]
    public static partial int BindNumber(nint statement, int index, double value);

    [LibraryImport(Library, EntryPoint = "sqlite3_column_type")]
    [SuppressGCTransition]
    public static partial int TypeOf(nint statement, int column);

    [LibraryImport(Library, EntryPoint = "sqlite3_column_int64")]
    [SuppressGCTransition]
    public static partial long WholeOf(nint statement, int column);

    [LibraryImport(Library, EntryPoint = "sqlite3_column_double")]
    [SuppressGCTransition]
    public static partial double NumberOf(nint statement, int column);

    /// <summary>Binds a text in UTF-8.</summary>
    [SkipLocalsInit]
    public static int BindText(nint statement, int index, string value)
    {
        var most = System.Text.Encoding.UTF8.GetMaxByteCount(value.Length);
        Span<byte> bytes = most <= MostOnStack ? stackalloc byte[MostOnStack] : new byte[most];
        var length = System.Text.Encoding.UTF8.GetBytes(value, bytes);
        fixed (byte* first = bytes)
        {
            return BindText(statement, index, first, length, Transient);
        }
    }

    /// <summary>Binds bytes. No bytes are an empty blob and not null.</summary>
    public static int BindBytes(nint statement, int index, ReadOnlySpan<byte> value)
    {
        byte none = 0;
        fixed (byte* first = value)
        {
            return BindBytes(statement, index, first is null ? &none : first, value.Length, Transient);
        }
    }

    /// <summary>The bytes of a text in UTF-8, valid until the next step or reset.</summary>
    public static ReadOnlySpan<byte> TextOf(nint statement, int column)
    {
        // The text must be asked for before its length: asking for it may convert the value.
        var first = TextAt(statement, column);
        return new(first, LengthOf(statement, column));
    }

    /// <summary>The bytes of a blob, valid until the next step or reset.</summary>
    public static ReadOnlySpan<byte> BytesOf(nint statement, int column)
    {
        var first = BytesAt(statement, column);
        return new(first, LengthOf(statement, column));
    }

    [LibraryImport(Library, EntryPoint = "sqlite3_bind_text")]
    private static partial int BindText(nint statement, int index, byte* text, int length, nint destructor);

    [LibraryImport(Library, EntryPoint = "sqlite3_bind_blob")]
    private static partial int BindBytes(nint statement, int index, byte* bytes, int length, nint destructor);

    [LibraryImport(Library, EntryPoint = "sqlite3_column_text")]
    private static partial byte* TextAt(nint statement, int column);

    [LibraryImport(Library, EntryPoint = "sqlite3_column_blob")]
    private static partial byte* BytesAt(nint statement, int column);

    [LibraryImport(Library, EntryPoint = "sqlite3_column_bytes")]
    [SuppressGCTransition]
    private static partial int LengthOf(nint statement, int column);
}

using SQLitePCL;

namespace Pilothouse.Storage.Sqlite;

/// <summary>The current row of a statement.</summary>
internal sealed class SqliteRow(SqliteStatement statement) : Row
{
    private const int Words = 256;
    private const int LongestWord = 64;
    private string?[]? words;

    public override long Id(int column) => SqliteNative.WholeOf(statement.Pointer, column);

    public override string? Text(int column) => SqliteNative.TypeOf(statement.Pointer, column) switch
    {
        raw.SQLITE_NULL or raw.SQLITE_BLOB => null,
        _ => ToText(SqliteNative.TextOf(statement.Pointer, column)),
    };

    public override string? Word(int column)
    {
        if (SqliteNative.TypeOf(statement.Pointer, column) is raw.SQLITE_NULL or raw.SQLITE_BLOB)
        {
            return null;
        }

        var bytes = SqliteNative.TextOf(statement.Pointer, column);
        if (bytes.Length is 0 or > LongestWord)
        {
            return ToText(bytes);
        }

        ref var word = ref (words ??= new string?[Words])[((bytes[0] * 31) + (bytes[^1] * 7) + (bytes[bytes.Length / 2] * 3) + bytes.Length + (column * 37)) % Words];
        return word is { } known && known.Length == bytes.Length && System.Text.Ascii.Equals(bytes, known) ? known : word = ToText(bytes);
    }

    public override long? Whole(int column)
    {
        switch (SqliteNative.TypeOf(statement.Pointer, column))
        {
            case raw.SQLITE_INTEGER:
                return SqliteNative.WholeOf(statement.Pointer, column);
            case raw.SQLITE_FLOAT:
                var number = SqliteNative.NumberOf(statement.Pointer, column);
                return Math.Abs(number) < 9e15 && Math.Truncate(number) == number ? (long)number : null;
            default:
                return null;
        }
    }

    public override double? Number(int column)
    {
        if (SqliteNative.TypeOf(statement.Pointer, column) is not (raw.SQLITE_FLOAT or raw.SQLITE_INTEGER))
        {
            return null;
        }

        var number = SqliteNative.NumberOf(statement.Pointer, column);
        return double.IsFinite(number) ? number : null;
    }

    public override decimal? Money(int column) => SqliteNative.TypeOf(statement.Pointer, column) switch
    {
        raw.SQLITE_INTEGER => SqliteNative.WholeOf(statement.Pointer, column),
        raw.SQLITE_FLOAT => Exact.ToDecimal(SqliteNative.NumberOf(statement.Pointer, column)),
        _ => null,
    };

    public override DateTimeOffset? Time(int column)
    {
        if (SqliteNative.TypeOf(statement.Pointer, column) != raw.SQLITE_TEXT)
        {
            return null;
        }

        // The time is parsed from the library's bytes without making a string, because every row of every list has one.
        var bytes = SqliteNative.TextOf(statement.Pointer, column);
        if (bytes.Length is 0 or > 40)
        {
            return null;
        }

        Span<char> chars = stackalloc char[40];
        return System.Text.Ascii.ToUtf16(bytes, chars, out var written) == System.Buffers.OperationStatus.Done && Timestamps.TryParse(chars[..written], out var time)
            ? time
            : null;
    }

    /// <summary>The type that the value is stored with, such as SQLITE_TEXT.</summary>
    public int Type(int column) => SqliteNative.TypeOf(statement.Pointer, column);

    /// <summary>The number as a double, whatever its type, infinity included.</summary>
    public double Double(int column) => SqliteNative.NumberOf(statement.Pointer, column);

    /// <summary>The bytes of a text, those behind a NUL too, until the statement goes on.</summary>
    public ReadOnlySpan<byte> Utf8(int column) => SqliteNative.TextOf(statement.Pointer, column);

    public override byte[] Bytes(int column) => SqliteNative.BytesOf(statement.Pointer, column).ToArray();

    /// <summary>Returns the text up to its first NUL, as every program that takes it for a C string reads it.</summary>
    private static string ToText(ReadOnlySpan<byte> bytes) =>
        System.Text.Encoding.UTF8.GetString(bytes.IndexOf((byte)0) is >= 0 and var end ? bytes[..end] : bytes);
}

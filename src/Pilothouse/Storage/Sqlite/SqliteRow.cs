using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using SQLitePCL;

namespace Pilothouse.Storage.Sqlite;

/// <summary>The current row of a statement.</summary>
internal sealed class SqliteRow(SqliteStatement statement) : Row
{
    /// <summary>A power of two.</summary>
    private const int Words = 512;
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

        // Two words that begin at one place both stay, so that no two columns with one word each make strings for every row.
        words ??= new string?[Words];
        var place = PlaceOf(bytes, column);
        ref var word = ref words[place];
        if (IsWord(word, bytes))
        {
            return word;
        }

        ref var other = ref words[place ^ 1];
        if (IsWord(other, bytes))
        {
            return other;
        }

        other = word;
        return word = ToText(bytes);
    }

    private static bool IsWord([NotNullWhen(true)] string? word, ReadOnlySpan<byte> bytes) => word is not null && word.Length == bytes.Length && System.Text.Ascii.Equals(bytes, word);

    /// <summary>Returns where a word is looked for, by its first and its last eight bytes: names mostly differ there.</summary>
    private static int PlaceOf(ReadOnlySpan<byte> bytes, int column)
    {
        var (first, last) = bytes.Length switch
        {
            >= 8 => (MemoryMarshal.Read<ulong>(bytes), MemoryMarshal.Read<ulong>(bytes[^8..])),
            >= 4 => (MemoryMarshal.Read<uint>(bytes), MemoryMarshal.Read<uint>(bytes[^4..])),
            _ => (bytes[0], ((ulong)bytes[bytes.Length / 2] << 8) | bytes[^1]),
        };
        var mixed = (first * 0x9E3779B97F4A7C15) ^ ((last + (ulong)bytes.Length + ((ulong)column << 56)) * 0xC2B2AE3D27D4EB4F);
        return (int)((mixed ^ (mixed >> 29)) * 0x9E3779B97F4A7C15 >> 55);
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

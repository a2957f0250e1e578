using SQLitePCL;

namespace Pilothouse.Storage.Sqlite;

/// <summary>The current row of a statement.</summary>
internal sealed class SqliteRow(sqlite3_stmt statement) : Row
{
    public override long Id(int column) => raw.sqlite3_column_int64(statement, column);

    public override string? Text(int column) => raw.sqlite3_column_type(statement, column) switch
    {
        raw.SQLITE_NULL or raw.SQLITE_BLOB => null,
        _ => raw.sqlite3_column_text(statement, column).utf8_to_string(),
    };

    public override long? Whole(int column)
    {
        switch (raw.sqlite3_column_type(statement, column))
        {
            case raw.SQLITE_INTEGER:
                return raw.sqlite3_column_int64(statement, column);
            case raw.SQLITE_FLOAT:
                var number = raw.sqlite3_column_double(statement, column);
                return Math.Abs(number) < 9e15 && Math.Truncate(number) == number ? (long)number : null;
            default:
                return null;
        }
    }

    public override double? Number(int column)
    {
        if (raw.sqlite3_column_type(statement, column) is not (raw.SQLITE_FLOAT or raw.SQLITE_INTEGER))
        {
            return null;
        }

        var number = raw.sqlite3_column_double(statement, column);
        return double.IsFinite(number) ? number : null;
    }

    public override decimal? Money(int column) => raw.sqlite3_column_type(statement, column) switch
    {
        raw.SQLITE_INTEGER => raw.sqlite3_column_int64(statement, column),
        raw.SQLITE_FLOAT => Exact.ToDecimal(raw.sqlite3_column_double(statement, column)),
        _ => null,
    };

    public override DateTimeOffset? Time(int column)
    {
        if (raw.sqlite3_column_type(statement, column) != raw.SQLITE_TEXT)
        {
            return null;
        }

        // The time is parsed from the library's bytes without making a string, because every row of every list has one.
        var text = raw.sqlite3_column_text(statement, column);
        var length = raw.sqlite3_column_bytes(statement, column);
        if (length is 0 or > 40)
        {
            return null;
        }

        Span<char> chars = stackalloc char[40];
        var bytes = System.Runtime.InteropServices.MemoryMarshal.CreateReadOnlySpan(in text.GetPinnableReference(), length);
        return System.Text.Ascii.ToUtf16(bytes, chars, out var written) == System.Buffers.OperationStatus.Done && Timestamps.TryParse(chars[..written], out var time)
            ? time
            : null;
    }

    public override byte[] Bytes(int column) => raw.sqlite3_column_blob(statement, column).ToArray();
}

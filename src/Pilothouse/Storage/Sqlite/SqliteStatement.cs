using SQLitePCL;

namespace Pilothouse.Storage.Sqlite;

/// <summary>A prepared statement of one connection.</summary>
internal sealed class SqliteStatement : Statement, IDisposable
{
    private readonly SqliteConnection connection;
    private readonly sqlite3_stmt handle;
    private readonly string[] names;
    private int next;

    public SqliteStatement(SqliteConnection connection, string sql)
    {
        this.connection = connection;
        connection.Check(raw.sqlite3_prepare_v3(connection.Handle, sql, raw.SQLITE_PREPARE_PERSISTENT, out handle));
        names = new string[raw.sqlite3_bind_parameter_count(handle)];
        for (var i = 0; i < names.Length; i++)
        {
            names[i] = string.Intern(raw.sqlite3_bind_parameter_name(handle, i + 1).utf8_to_string()[1..]);
        }

        Row = new SqliteRow(handle);
    }

    public SqliteRow Row { get; }

    public SqliteStatement Renew()
    {
        raw.sqlite3_reset(handle);
        if (names.Length > 0)
        {
            raw.sqlite3_clear_bindings(handle);
        }

        next = 0;
        return this;
    }

    /// <summary>One step; true on a row.</summary>
    public bool Step()
    {
        var result = raw.sqlite3_step(handle);
        if (result == raw.SQLITE_ROW)
        {
            return true;
        }

        if (result != raw.SQLITE_DONE)
        {
            Fail(result);
        }

        return false;
    }

    /// <summary>Steps to the end and lets go of the read lock.</summary>
    public void Run()
    {
        while (Step())
        {
        }

        raw.sqlite3_reset(handle);
    }

    public override Statement Set(string name, string? value)
    {
        connection.Check(value is null ? raw.sqlite3_bind_null(handle, At(name)) : raw.sqlite3_bind_text(handle, At(name), value));
        return this;
    }

    public override Statement Set(string name, long? value)
    {
        connection.Check(value is { } whole ? raw.sqlite3_bind_int64(handle, At(name), whole) : raw.sqlite3_bind_null(handle, At(name)));
        return this;
    }

    public override Statement Set(string name, double? value)
    {
        connection.Check(value is { } number ? raw.sqlite3_bind_double(handle, At(name), number) : raw.sqlite3_bind_null(handle, At(name)));
        return this;
    }

    public override Statement Set(string name, decimal? value) => Set(name, value is { } money ? Exact.ToDouble(money) : default(double?));

    public override Statement Set(string name, DateTimeOffset? value) => Set(name, value is { } time ? Timestamps.ToStored(time) : null);

    public override Statement Set(string name, ReadOnlyMemory<byte> value)
    {
        connection.Check(raw.sqlite3_bind_blob(handle, At(name), value.Span));
        return this;
    }

    public override ValueTask<int> ExecuteAsync()
    {
        Run();
        return new(raw.sqlite3_changes(connection.Handle));
    }

    public override ValueTask<T?> FirstAsync<T>(Func<Row, T> read)
        where T : default
    {
        try
        {
            return new(Step() ? read(Row) : default);
        }
        finally
        {
            raw.sqlite3_reset(handle);
        }
    }

    public override ValueTask<List<T>> ListAsync<T>(Func<Row, T> read)
    {
        var list = new List<T>();
        try
        {
            while (Step())
            {
                list.Add(read(Row));
            }
        }
        finally
        {
            raw.sqlite3_reset(handle);
        }

        return new(list);
    }

    public override ValueTask EachAsync(Action<Row> take)
    {
        try
        {
            while (Step())
            {
                take(Row);
            }
        }
        finally
        {
            raw.sqlite3_reset(handle);
        }

        return default;
    }

    public void Dispose() => handle.Dispose();

    private void Fail(int result)
    {
        var error = connection.Error(result);
        raw.sqlite3_reset(handle);
        throw error;
    }

    /// <summary>Index of a parameter; values set in the order in which the statement names them are found at once.</summary>
    private int At(string name)
    {
        for (var tried = 0; tried < names.Length; tried++)
        {
            var i = next < names.Length ? next : 0;
            next = i + 1;
            if (ReferenceEquals(names[i], name) || names[i] == name)
            {
                return i + 1;
            }
        }

        throw new ArgumentException($"The statement has no parameter @{name}.", nameof(name));
    }
}

/// <summary>The row under a statement's cursor.</summary>
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

        // Straight from the library's bytes: every row of every list has a time, and none of them needs a string.
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

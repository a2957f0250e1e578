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

    /// <summary>Advances to the next row; returns false at the end.</summary>
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

    /// <summary>Runs the statement to its end and releases the read lock.</summary>
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

    /// <summary>Runs a statement without rows. If another program holds the lock that it needs, it returns false at once.</summary>
    public bool TryRun()
    {
        var result = raw.sqlite3_step(handle);
        if ((result & 0xFF) is not (raw.SQLITE_BUSY or raw.SQLITE_DONE))
        {
            Fail(result);
        }

        raw.sqlite3_reset(handle);
        return result == raw.SQLITE_DONE;
    }

    private void Fail(int result)
    {
        var error = connection.Error(result);
        raw.sqlite3_reset(handle);
        throw error;
    }

    /// <summary>
    /// Returns the index of a parameter. It is fastest if values are set in the order in which the statement names the parameters.
    /// </summary>
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

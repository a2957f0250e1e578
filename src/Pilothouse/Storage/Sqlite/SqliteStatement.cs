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

        Pointer = handle.DangerousGetHandle();
        Row = new SqliteRow(this);
    }

    public SqliteRow Row { get; }

    /// <summary>The statement for calls of the library that are rare.</summary>
    public sqlite3_stmt Handle => handle;

    /// <summary>The statement for the library's calls; 0 once it is closed.</summary>
    public nint Pointer { get; private set; }

    public SqliteStatement Renew()
    {
        SqliteNative.Reset(Pointer);
        if (names.Length > 0)
        {
            SqliteNative.ClearBindings(Pointer);
        }

        next = 0;
        return this;
    }

    /// <summary>Advances to the next row; returns false at the end.</summary>
    public bool Step()
    {
        var result = SqliteNative.Step(Pointer);
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

        SqliteNative.Reset(Pointer);
    }

    public override Statement Set(string name, string? value)
    {
        connection.Check(value is null ? SqliteNative.BindNull(Pointer, At(name)) : SqliteNative.BindText(Pointer, At(name), value));
        return this;
    }

    public override Statement Set(string name, long? value)
    {
        connection.Check(value is { } whole ? SqliteNative.BindWhole(Pointer, At(name), whole) : SqliteNative.BindNull(Pointer, At(name)));
        return this;
    }

    public override Statement Set(string name, double? value)
    {
        connection.Check(value is { } number ? SqliteNative.BindNumber(Pointer, At(name), number) : SqliteNative.BindNull(Pointer, At(name)));
        return this;
    }

    public override Statement Set(string name, decimal? value) => Set(name, value is { } money ? Exact.ToDouble(money) : default(double?));

    public override Statement Set(string name, DateTimeOffset? value) => Set(name, value is { } time ? Timestamps.ToStored(time) : null);

    public override Statement Set(string name, ReadOnlyMemory<byte> value)
    {
        connection.Check(SqliteNative.BindBytes(Pointer, At(name), value.Span));
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
            SqliteNative.Reset(Pointer);
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
            SqliteNative.Reset(Pointer);
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
            SqliteNative.Reset(Pointer);
        }

        return default;
    }

    public void Dispose()
    {
        Pointer = 0;
        handle.Dispose();
    }

    /// <summary>Runs a statement without rows. If another program holds the lock that it needs, it returns false at once.</summary>
    public bool TryRun()
    {
        var result = SqliteNative.Step(Pointer);
        if ((result & 0xFF) is not (raw.SQLITE_BUSY or raw.SQLITE_DONE))
        {
            Fail(result);
        }

        SqliteNative.Reset(Pointer);
        return result == raw.SQLITE_DONE;
    }

    private void Fail(int result)
    {
        var error = connection.Error(result);
        SqliteNative.Reset(Pointer);
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

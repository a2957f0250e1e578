using Npgsql;

namespace Pilothouse.Storage.Postgres;

/// <summary>
/// A statement with its values. A session decides when it is sent: a read sends it at once, a write of a group together with the
/// statements of other writes.
/// </summary>
internal sealed class PostgresStatement(PostgresSql sql, IStatementRunner runner) : Statement
{
    private readonly PostgresValue[] values = new PostgresValue[sql.Names.Length];

    public PostgresSql Sql => sql;

    public override Statement Set(string name, string? value) => Put(name, new(value));

    public override Statement Set(string name, long? value) => Put(name, new(value));

    public override Statement Set(string name, double? value) => Put(name, new(value));

    public override Statement Set(string name, decimal? value) => Put(name, new(value));

    public override Statement Set(string name, DateTimeOffset? value) => Put(name, new(value is { } time ? Timestamps.Cut(time).UtcDateTime : (DateTime?)null));

    public override Statement SetKey(string name, string? timeKey) => Put(name, new(timeKey is null ? (DateTime?)null : PostgresTimes.OfKey(timeKey)));

    public override Statement Set(string name, ReadOnlyMemory<byte> value) => Put(name, new(value));

    public override ValueTask<int> ExecuteAsync() => runner.RunAsync(this, new CountTaker());

    public override ValueTask<T?> FirstAsync<T>(Func<Row, T> read)
        where T : default => runner.RunAsync(this, new FirstTaker<T>(read));

    public override ValueTask<List<T>> ListAsync<T>(Func<Row, T> read) => runner.RunAsync(this, new ListTaker<T>(read));

    public override async ValueTask EachAsync(Action<Row> take) => await runner.RunAsync(this, new EachTaker(take));

    /// <summary>The value of a parameter.</summary>
    public ref readonly PostgresValue ValueAt(int parameter) => ref values[parameter];

    /// <summary>Adds the values to a command, in the order of their numbers. One that was not set is null.</summary>
    public void AddTo(NpgsqlParameterCollection parameters)
    {
        for (var i = 0; i < values.Length; i++)
        {
            var tested = sql.NullTests[i];
            parameters.Add(tested >= 0 ? new NpgsqlParameter<bool> { TypedValue = !values[tested].HasValue } : values[i].ToParameter());
        }
    }

    private PostgresStatement Put(string name, PostgresValue value)
    {
        var at = Array.IndexOf(sql.Names, name);
        if (at < 0)
        {
            throw new ArgumentException($"The statement has no parameter @{name}: {sql.Text}", nameof(name));
        }

        values[at] = value;
        return this;
    }
}

/// <summary>Sends statements to PostgreSQL.</summary>
internal interface IStatementRunner
{
    /// <summary>Runs the statement and passes its rows to <paramref name="taker"/>.</summary>
    ValueTask<T> RunAsync<T>(PostgresStatement statement, RowTaker<T> taker);
}

/// <summary>Makes the result of a statement from its rows.</summary>
internal abstract class RowTaker<T>
{
    /// <summary>Takes the next row.</summary>
    public abstract void Take(Row row);

    /// <param name="changed">How many rows the statement changed.</param>
    public abstract T Finish(int changed);
}

/// <inheritdoc/>
internal sealed class CountTaker : RowTaker<int>
{
    public override void Take(Row row)
    {
    }

    public override int Finish(int changed) => changed;
}

/// <inheritdoc/>
internal sealed class FirstTaker<T>(Func<Row, T> read) : RowTaker<T?>
{
    private T? first;
    private bool isTaken;

    public override void Take(Row row)
    {
        if (!isTaken)
        {
            (first, isTaken) = (read(row), true);
        }
    }

    public override T? Finish(int changed) => first;
}

/// <inheritdoc/>
internal sealed class ListTaker<T>(Func<Row, T> read) : RowTaker<List<T>>
{
    private readonly List<T> rows = [];

    public override void Take(Row row) => rows.Add(read(row));

    public override List<T> Finish(int changed) => rows;
}

/// <inheritdoc/>
internal sealed class EachTaker(Action<Row> take) : RowTaker<bool>
{
    public override void Take(Row row) => take(row);

    public override bool Finish(int changed) => true;
}

namespace Pilothouse.Storage;

/// <summary>
/// A connection that is lent to one piece of work: a read, or the work inside a write's transaction. It must not be used after that work.
/// The work of a write must not await anything else than its session. It may begin several statements that do not depend on each other
/// before it awaits the first one: an engine that pays for each round trip sends them together.
/// </summary>
/// <param name="commit">What the writes of the transaction share.</param>
internal abstract class Session(CommitStates commit)
{
    protected Session()
        : this(new CommitStates())
    {
    }

    /// <summary>Returns the prepared statement, reset and without values. Run it before preparing the same statement again.</summary>
    public abstract Statement Prepare(Sql sql);

    /// <summary>What the writes of this transaction share. Reads have no commit, and must not use it.</summary>
    public CommitStates Commit => commit;
}

/// <summary>A prepared statement. Set its parameters by name, then run it once.</summary>
internal abstract class Statement
{
    public abstract Statement Set(string name, string? value);

    public abstract Statement Set(string name, long? value);

    public abstract Statement Set(string name, double? value);

    /// <summary>Sets an amount of money. Up to 15 digits are read back exactly as they were sent.</summary>
    public abstract Statement Set(string name, decimal? value);

    /// <summary>
    /// Sets a time in its sortable form, or a text that only bounds a search: the empty text sorts before all times, U+FFFF behind them, and
    /// the beginning of a time such as "2026-03" before the times that begin with it.
    /// </summary>
    public virtual Statement SetKey(string name, string? timeKey) => Set(name, timeKey);

    /// <summary>Sets a time, which is stored in UTC to the millisecond.</summary>
    public abstract Statement Set(string name, DateTimeOffset? value);

    public abstract Statement Set(string name, ReadOnlyMemory<byte> value);

    /// <summary>Runs a statement that returns no rows.</summary>
    /// <returns>How many rows it changed.</returns>
    public abstract ValueTask<int> ExecuteAsync();

    /// <summary>Returns the first row, or the default value if there is none.</summary>
    public abstract ValueTask<T?> FirstAsync<T>(Func<Row, T> read);

    /// <summary>Returns every row, in order.</summary>
    public abstract ValueTask<List<T>> ListAsync<T>(Func<Row, T> read);

    /// <summary>Passes every row to <paramref name="take"/> without keeping it, for results that are too large for the memory.</summary>
    public abstract ValueTask EachAsync(Action<Row> take);

    /// <summary>
    /// Runs an <c>INSERT ... RETURNING id</c> to its end, because foreign keys are only checked there, and returns the id.
    /// </summary>
    /// <exception cref="RowKeptAwayException">No row was stored.</exception>
    public async ValueTask<long> InsertAsync() => await InsertAsync(static row => row.Whole(0)) ?? throw new RowKeptAwayException();

    /// <summary>Like <see cref="InsertAsync()"/>, for a statement that returns other columns of the row.</summary>
    public async ValueTask<T> InsertAsync<T>(Func<Row, T> read) => await ListAsync(read) is [var stored] ? stored : throw new RowKeptAwayException();

    /// <summary>Runs a statement that stores or changes exactly one row.</summary>
    /// <returns>How many rows it changed, which is never 0.</returns>
    /// <exception cref="RowKeptAwayException">No row was changed.</exception>
    public async ValueTask<int> ChangeAsync() => await ExecuteAsync() is > 0 and var changed ? changed : throw new RowKeptAwayException();

    /// <summary>Returns whether there is any row.</summary>
    public async ValueTask<bool> AnyAsync() => await FirstAsync(static _ => true);
}

/// <summary>
/// The current row of a result. Columns count from 0. Other programs write to the same tables, so a value of an unexpected type is read as
/// null and never throws.
/// </summary>
internal abstract class Row
{
    public abstract long Id(int column);

    public abstract string? Text(int column);

    /// <summary>Returns a text of which a column has few: of many rows, equal ones are mostly the same string.</summary>
    public virtual string? Word(int column) => Text(column);

    public abstract long? Whole(int column);

    /// <summary>Returns a finite double, or null.</summary>
    public abstract double? Number(int column);

    /// <summary>Returns the decimal with the shortest text that converts back to the stored number, or null.</summary>
    public abstract decimal? Money(int column);

    public abstract DateTimeOffset? Time(int column);

    public abstract byte[] Bytes(int column);
}

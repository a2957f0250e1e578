namespace Pilothouse.Storage;

/// <summary>
/// A connection lent to one piece of work: a read, or the inside of one write's transaction. Use it only inside that work.
/// Its methods complete at once on SQLite, so work given to a write may await nothing else.
/// </summary>
internal abstract class Session
{
    /// <summary>The prepared statement, reset and without values. Run it before asking for the same one again.</summary>
    public abstract Statement Prepare(Sql sql);
}

/// <summary>A prepared statement that takes its values by name and then runs once.</summary>
internal abstract class Statement
{
    public abstract Statement Set(string name, string? value);

    public abstract Statement Set(string name, long? value);

    public abstract Statement Set(string name, double? value);

    /// <summary>Money: stored so that up to 15 digits come back as they were sent.</summary>
    public abstract Statement Set(string name, decimal? value);

    /// <summary>A moment, stored in UTC to the millisecond.</summary>
    public abstract Statement Set(string name, DateTimeOffset? value);

    public abstract Statement Set(string name, ReadOnlyMemory<byte> value);

    /// <summary>Runs a statement that returns no rows.</summary>
    /// <returns>How many rows it changed.</returns>
    public abstract ValueTask<int> ExecuteAsync();

    /// <summary>The first row, or the default where there is none.</summary>
    public abstract ValueTask<T?> FirstAsync<T>(Func<Row, T> read);

    /// <summary>Every row, in order.</summary>
    public abstract ValueTask<List<T>> ListAsync<T>(Func<Row, T> read);

    /// <summary>Hands every row to <paramref name="take"/> without keeping it; for reads that are too long to hold.</summary>
    public abstract ValueTask EachAsync(Action<Row> take);

    /// <summary>
    /// The id that an <c>INSERT ... RETURNING id</c> gave. It is run to its end: a foreign key is only checked there.
    /// </summary>
    /// <exception cref="RowKeptAwayException">No row was stored.</exception>
    public async ValueTask<long> InsertAsync() =>
        await ListAsync(static row => row.Whole(0)) is [{ } id] ? id : throw new RowKeptAwayException();

    /// <summary>Runs a statement that stores or changes the one row that it names.</summary>
    /// <returns>How many rows it changed, which is never 0.</returns>
    /// <exception cref="RowKeptAwayException">Nothing was changed.</exception>
    public async ValueTask<int> ChangeAsync() => await ExecuteAsync() is > 0 and var changed ? changed : throw new RowKeptAwayException();

    /// <summary>Whether there is any row.</summary>
    public async ValueTask<bool> AnyAsync() => await FirstAsync(static _ => true);
}

/// <summary>
/// The row under the cursor; columns count from 0. Other programs write the same tables, so a value that does not fit the asked
/// type reads as null and never throws.
/// </summary>
internal abstract class Row
{
    public abstract long Id(int column);

    public abstract string? Text(int column);

    public abstract long? Whole(int column);

    /// <summary>A finite double, or null.</summary>
    public abstract double? Number(int column);

    /// <summary>The decimal with the shortest text that gives the stored number back, or null.</summary>
    public abstract decimal? Money(int column);

    public abstract DateTimeOffset? Time(int column);

    public abstract byte[] Bytes(int column);
}

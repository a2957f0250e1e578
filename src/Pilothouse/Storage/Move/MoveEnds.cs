using System.Text.Json;

namespace Pilothouse.Storage.Move;

/// <summary>Reads the rows of a table in the order of its key.</summary>
internal abstract class MoveCursor : IDisposable
{
    /// <summary>Goes to the next row.</summary>
    /// <returns>False at the end.</returns>
    public abstract bool Next();

    /// <summary>Where the source finds the present row again.</summary>
    public abstract long Place { get; }

    /// <summary>Reads all values of the present row.</summary>
    /// <param name="values">Receives them.</param>
    /// <param name="problems">Receives a phrase for each value that means nothing to the server.</param>
    public abstract void Read(Span<MovedValue> values, List<string> problems);

    public abstract void Dispose();
}

/// <summary>The database that is moved. It is never changed: all is read in one snapshot.</summary>
internal abstract class MoveSource : IDisposable
{
    /// <summary>The place for people, without a password.</summary>
    public abstract string Place { get; }

    /// <summary>Begins the snapshot.</summary>
    /// <param name="dryRun">Whether nothing will be moved. Then another program may go on using the database, which is noted only.</param>
    /// <returns>Sentences on what an owner should know: what is not moved, and who uses the database.</returns>
    /// <exception cref="DatabaseRefusedException">It is not a database of this version, or in use.</exception>
    public abstract IReadOnlyList<string> Begin(bool dryRun);

    /// <summary>Returns the number of rows of a table.</summary>
    public abstract long Count(MovedTable table);

    /// <summary>Returns the highest number that a row of the table has or had; 0 if none was given out.</summary>
    public abstract long LastNumber(MovedTable table);

    public abstract MoveCursor Read(MovedTable table);

    /// <summary>Writes all values of a row as a JSON object, as they are stored.</summary>
    public abstract void WriteValues(Utf8JsonWriter json, RowBatch batch, int row);

    /// <summary>Throws if another program has written since the snapshot.</summary>
    /// <exception cref="DatabaseRefusedException">It has.</exception>
    public abstract void DemandUnchanged();

    public abstract void Dispose();
}

/// <summary>The database that receives the rows, all of them or none.</summary>
internal abstract class MoveTarget : IDisposable
{
    /// <summary>The place for people, without a password.</summary>
    public abstract string Place { get; }

    /// <summary>Looks whether the database can receive rows. It changes nothing.</summary>
    /// <returns>A sentence on what is there.</returns>
    /// <exception cref="DatabaseRefusedException">It has rows, is not ours, or cannot be reached.</exception>
    public abstract string Look();

    /// <summary>Brings the database to this version's schema, and begins the transaction that receives everything.</summary>
    /// <exception cref="DatabaseRefusedException">It has rows, is not ours, in use, or cannot be reached.</exception>
    public abstract void Begin();

    /// <summary>Returns why the database cannot hold a value with the same meaning, as a phrase; null if it can.</summary>
    public abstract string? Objection(MovedKind kind, in MovedValue value);

    /// <summary>Stores rows.</summary>
    /// <param name="batch">The rows.</param>
    /// <param name="refuse">Called with each row that the database refuses, and why.</param>
    public abstract void Store(RowBatch batch, Action<int, string> refuse);

    /// <summary>Reads what was stored.</summary>
    public abstract MoveCursor Read(MovedTable table);

    /// <summary>Makes indexes and triggers as they were, and sees to it that no number of a row is given out again.</summary>
    /// <param name="lastNumbers">For each table the highest number that was given out.</param>
    public abstract void Finish(IReadOnlyList<(MovedTable Table, long Last)> lastNumbers);

    /// <summary>Makes everything permanent. Without this call nothing stays.</summary>
    public abstract void Commit();

    public abstract void Dispose();
}

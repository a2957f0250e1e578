using System.Text.Json.Serialization.Metadata;
using Pilothouse.Auth;
using Pilothouse.Contract;
using Pilothouse.Storage;

namespace Pilothouse.Import;

/// <summary>A table that records are imported into. They keep the rules of the operation that stores one.</summary>
internal abstract class RecordTarget(Table table)
{
    public Table Table => table;

    /// <summary>Its name on the command line, that of its path in the API.</summary>
    public required string Name { get; init; }

    /// <summary>Reads a row and checks it by the rules of its table.</summary>
    /// <exception cref="Refusal">It does not keep them.</exception>
    public abstract object Read(ImportedRow row, DateTimeOffset now);

    /// <summary>Stores a row that was read, or changes the record that it became before.</summary>
    /// <returns>The id of the record, and whether it was stored before.</returns>
    /// <exception cref="Refusal">It cannot be stored.</exception>
    public abstract ValueTask<(long Id, bool WasThere)> StoreAsync(Session session, Caller caller, object record, long? known);

    /// <summary>Returns a record that was read, with the signal that it follows.</summary>
    public virtual object WithSignal(object record, long signalId) => record;

    /// <summary>Whether a record that no import knows is stored under the row's own id all the same.</summary>
    /// <exception cref="Refusal">It is, and is another one.</exception>
    public virtual ValueTask<bool> IsStoredAsync(Session session, Caller caller, object record) => new(false);
}

/// <inheritdoc/>
/// <param name="table">The table.</param>
/// <param name="input">The JSON form of what is posted.</param>
/// <param name="record">Stores a new record.</param>
internal sealed class RecordTarget<TInput>(Table<TInput> table, JsonTypeInfo<TInput> input, Func<Session, Caller, TInput, ValueTask<long>> record) : RecordTarget(table)
    where TInput : class, IInput<TInput>
{
    /// <summary>Fills in what the server computes of a new record; null for nothing.</summary>
    public Func<TInput, TInput>? Complete { get; init; }

    /// <summary>
    /// Gives a stored record the values of another, and says whether it is stored. A table with columns that the server computes needs it:
    /// they would be lost otherwise.
    /// </summary>
    public Func<Session, Caller, long, TInput, DateTimeOffset, ValueTask<bool>> Replace { get; init; } = table.Columns.Any(static column => column.IsComputed)
        ? (_, _, _, _, _) => throw new InvalidOperationException($"Nobody says what becomes of the computed columns of {table.Name}.")
        : (session, caller, id, input, now) => table.ReplaceAsync(session, caller, id, input, now);

    public override object Read(ImportedRow row, DateTimeOffset now)
    {
        var read = InputReader.Parse(row.Body, input, now, out _);
        return Complete is null ? read : Complete(read);
    }

    public override async ValueTask<(long Id, bool WasThere)> StoreAsync(Session session, Caller caller, object read, long? known)
    {
        var input = (TInput)read;
        return known is { } id && await Replace(session, caller, id, input, DateTimeOffset.UnixEpoch)
            ? (id, true)
            : (await record(session, caller, input), false);
    }
}

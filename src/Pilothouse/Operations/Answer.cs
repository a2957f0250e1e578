using System.Text.Json.Serialization;
using Pilothouse.Contract;
using Pilothouse.Storage;

namespace Pilothouse.Operations;

/// <summary>The answer to a write that took a body.</summary>
internal abstract record WriteAnswer
{
    /// <summary>Names of fields and parameters that were sent and had no effect; left out if there are none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Ignored { get; set; }
}

/// <summary>A record that a write stored or changed, for the audit log.</summary>
/// <param name="Table">The record's table.</param>
/// <param name="Id">Its id; null if it has none, or if there are many records.</param>
/// <param name="Before">The record before the change, in JSON; null for a new one.</param>
/// <param name="After">
/// Gives the record after the change, in JSON, from the transaction; null if it was removed. It runs only if the change is recorded.
/// </param>
internal sealed record Changed(string Table, long? Id, Func<string>? Before, Func<Session, ValueTask<string>>? After)
{
    /// <summary>The reason that the caller gave, or null.</summary>
    public string? Reason { get; init; }

    /// <summary>The work under its name in the audit log, where it is not the operation itself; else null.</summary>
    public string? Operation { get; init; }
}

/// <summary>The answer of a write.</summary>
/// <param name="Status">201 if it made something new, else 200.</param>
/// <param name="Body">The body of the answer.</param>
internal sealed record Answer<T>(int Status, T Body)
{
    /// <summary>What was stored or changed; null if nothing was.</summary>
    public Changed? Changed { get; init; }

    /// <summary>The id of the record that the write is about.</summary>
    public long? Id { get; init; }

    /// <summary>An action to run after the commit, such as writing a line to the log.</summary>
    public Action? Then { get; init; }
}

/// <summary>Makes answers.</summary>
internal static class Answer
{
    /// <summary>A new record.</summary>
    /// <param name="body">The answer.</param>
    /// <param name="table">The record's table.</param>
    /// <param name="id">Its id.</param>
    /// <param name="record">What was posted.</param>
    public static Answer<TAnswer> Created<TAnswer, TInput>(TAnswer body, Table<TInput> table, long id, TInput record)
        where TInput : class, IInput<TInput> => new(201, body) { Changed = new(table.Name, id, null, _ => new(table.JsonOf(record))), Id = id };

    public static Answer<T> Ok<T>(T body) => new(200, body);
}

/// <summary>An answer in the form in which a door gives it out.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Json">The answer in UTF-8.</param>
/// <param name="Replayed">Whether it is the kept answer of an earlier call with the same Idempotency-Key.</param>
internal readonly record struct Outcome(int Status, ReadOnlyMemory<byte> Json, bool Replayed);

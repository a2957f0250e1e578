using System.Text.Json.Serialization;
using Pilothouse.Contract;

namespace Pilothouse.Operations;

/// <summary>The answer to a write that took a body.</summary>
internal abstract record WriteAnswer
{
    /// <summary>Names of fields and parameters that were sent and had no effect; left out where there are none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Ignored { get; set; }
}

/// <summary>A record that a write stored or changed, for the audit log.</summary>
/// <param name="Table">The record's table.</param>
/// <param name="Id">Its id; null where it has none, or there are many.</param>
/// <param name="Before">The record as it was, in JSON; null for a new one.</param>
/// <param name="After">The record as it is now, in JSON; null where it is gone.</param>
internal sealed record Changed(string Table, long? Id, Func<string>? Before, Func<string>? After)
{
    /// <summary>Why, as the caller said it.</summary>
    public string? Reason { get; init; }
}

/// <summary>What a write answers.</summary>
/// <param name="Status">201 for something new, else 200.</param>
/// <param name="Body">The answer itself.</param>
internal sealed record Answer<T>(int Status, T Body)
{
    /// <summary>What it stored or changed; null where nothing was.</summary>
    public Changed? Changed { get; init; }

    /// <summary>The id of the record that the write is about.</summary>
    public long? Id { get; init; }

    /// <summary>What is done once it is committed, such as a line in the log.</summary>
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
        where TInput : class, IInput<TInput> => new(201, body) { Changed = new(table.Name, id, null, () => table.JsonOf(record)), Id = id };

    public static Answer<T> Ok<T>(T body) => new(200, body);
}

/// <summary>An answer as a door gives it out.</summary>
/// <param name="Status">As in HTTP.</param>
/// <param name="Json">The answer in UTF-8.</param>
/// <param name="Replayed">Whether it is the kept answer to an earlier call with the same key.</param>
internal readonly record struct Outcome(int Status, ReadOnlyMemory<byte> Json, bool Replayed);

using System.Text.Json.Serialization;

namespace Pilothouse.Contract;

/// <summary>The answer with a list: newest first.</summary>
internal sealed record Page<T>(bool Success, int Count, IReadOnlyList<T> Data, string? NextCursor);

/// <summary>The answer with one record.</summary>
internal sealed record One<T>(bool Success, T Data)
    where T : class;

/// <summary>The answer with a record or, in its place, null.</summary>
internal sealed record OneOrNone<T>(bool Success, [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] T? Data)
    where T : class;

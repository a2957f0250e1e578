using System.Text.Json.Serialization;
using Pilothouse.Storage;

namespace Pilothouse.Contract;

/// <summary>The answer with a list: newest first.</summary>
internal sealed record Page<T>(bool Success, int Count, IReadOnlyList<T> Data, string? NextCursor);

/// <summary>The answer with one record.</summary>
internal sealed record One<T>(bool Success, T Data)
    where T : class;

/// <summary>The answer with a record or, in its place, null.</summary>
internal sealed record OneOrNone<T>(bool Success, [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] T? Data)
    where T : class;

/// <summary>Answers that are made from a list.</summary>
internal static class ListAnswers
{
    /// <summary>The newest record that the filters let through.</summary>
    /// <param name="list">The list.</param>
    /// <param name="session">As for a page of the list.</param>
    /// <param name="query">The filters.</param>
    /// <param name="read">Reads a record.</param>
    /// <param name="none">The error where there is no such record.</param>
    /// <param name="todo">The sentence that goes with it, from the names of the filters that were sent; null for none.</param>
    public static async ValueTask<One<T>> NewestAsync<T>(
        this ListSql list, Session session, QueryValues query, Func<Row, T> read, string none, Func<string?, string> todo)
        where T : class
    {
        var page = await list.PageAsync(session, query, 1, read);
        return page.Count > 0 ? new One<T>(true, page.Data[0]) : throw Refusal.NotFound(none, todo(query.Named()));
    }
}

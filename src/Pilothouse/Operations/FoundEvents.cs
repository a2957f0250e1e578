using System.Text.Json.Serialization.Metadata;
using Pilothouse.Contract;
using Pilothouse.Storage;

namespace Pilothouse.Operations;

/// <summary>The events of a table whose rows are found one by one, because they are few.</summary>
/// <param name="table">The table.</param>
/// <param name="json">The JSON form of a row.</param>
/// <param name="find">Finds a row by its id; null if it is gone.</param>
/// <param name="bot">The bot that a row is about, * for all bots; null if it is about none.</param>
/// <param name="events">The kinds of the log of changes, each with the name of its event.</param>
internal sealed class FoundEvents<TRow>(
    string table, JsonTypeInfo<TRow> json, Func<Session, long, ValueTask<TRow?>> find, Func<TRow, string?> bot, params (string Kind, string Event)[] events)
    : EventSource(table, events)
    where TRow : class
{
    public override async ValueTask<List<EventRow>> ReadAsync(Session session, IReadOnlyList<long> ids)
    {
        var rows = new List<EventRow>();
        foreach (var id in ids)
        {
            if (await find(session, id) is { } row)
            {
                rows.Add(new(id, JsonText.Utf8(row, json), BotName: bot(row)));
            }
        }

        return rows;
    }
}

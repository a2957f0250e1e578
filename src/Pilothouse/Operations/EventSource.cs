using System.Text.Json.Serialization.Metadata;
using Pilothouse.Contract;
using Pilothouse.Storage;

namespace Pilothouse.Operations;

/// <summary>A stored row as the live stream sends it.</summary>
/// <param name="Id">The id of the row.</param>
/// <param name="Json">The row in the form of its GET.</param>
/// <param name="TradingPair">The pair that it names, by which listeners may filter; null if it names none.</param>
/// <param name="BotName">The bot that it names, by which listeners may filter; null if it names none.</param>
/// <param name="Event">The name of the event, if the row itself says it; else null.</param>
internal readonly record struct EventRow(long Id, byte[] Json, string? TradingPair = null, string? BotName = null, string? Event = null);

/// <summary>
/// How the changes of one table become events of the live stream: which kind of change is which event, and how a row is read and written
/// for it. Each feature declares the sources of its tables.
/// </summary>
/// <param name="table">The table, as the log of changes names it.</param>
/// <param name="events">The kinds of the log of changes, each with the name of its event. Other kinds are not sent.</param>
internal abstract class EventSource(string table, params (string Kind, string Event)[] events)
{
    private readonly Dictionary<string, string> names = events.ToDictionary(static one => one.Kind, static one => one.Event);

    public string Table => table;

    /// <summary>The names of all events that it may send.</summary>
    public virtual IEnumerable<string> Events => names.Values;

    /// <summary>Returns the name of the event for a kind of change; null if it is not sent.</summary>
    public string? NameOf(string kind) => names.GetValueOrDefault(kind);

    /// <summary>Returns the source of a table of records: <c>signal.recorded</c>, <c>signal.changed</c> and <c>signal.removed</c>.</summary>
    /// <param name="table">The table.</param>
    /// <param name="json">The JSON form of a stored record.</param>
    /// <param name="thing">What a record is, such as <c>signal</c>.</param>
    public static EventSource<TRow> Of<TInput, TRow>(Table<TInput, TRow> table, JsonTypeInfo<TRow> json, string thing)
        where TInput : class, IInput<TInput>
        where TRow : class =>
        new(table, json, table.Read, ("recorded", $"{thing}.recorded"), ("changed", $"{thing}.changed"), ("removed", $"{thing}.removed"));

    /// <summary>Reads rows by their ids, in any order. Rows that are gone are left out.</summary>
    /// <param name="session">A snapshot.</param>
    /// <param name="ids">The ids, each once, in rising order; at least one.</param>
    public abstract ValueTask<List<EventRow>> ReadAsync(Session session, IReadOnlyList<long> ids);
}

/// <summary>The events of a table whose rows are read as <typeparamref name="TRow"/>.</summary>
/// <param name="table">The table.</param>
/// <param name="json">The JSON form of a row, as its GET answers it.</param>
/// <param name="read">Reads a row of the table's selection.</param>
/// <param name="events">The kinds of the log of changes, each with the name of its event.</param>
internal sealed class EventSource<TRow>(Table table, JsonTypeInfo<TRow> json, Func<Row, TRow> read, params (string Kind, string Event)[] events)
    : EventSource(table.Name, events)
    where TRow : class
{
    /// <summary>
    /// Rows are read as one range of ids if at most this many rows of the range were not asked for. Else each is looked up by its id.
    /// </summary>
    private const long MostBetween = 64;

    private readonly Sql one = new($"SELECT {table.Selection} FROM {table.Name} WHERE id = @id");
    private readonly Sql range = new($"SELECT {table.Selection} FROM {table.Name} WHERE id BETWEEN @first AND @last");
    private readonly int pair = OrdinalOf(table, static column => column.IsPair);
    private readonly int bot = OrdinalOf(table, static column => column.IsBot);

    /// <summary>Fills in what the rows do not hold themselves, such as a price; null if there is nothing to fill in.</summary>
    public Func<Session, IReadOnlyList<TRow>, ValueTask>? Complete { get; init; }

    public override async ValueTask<List<EventRow>> ReadAsync(Session session, IReadOnlyList<long> ids)
    {
        List<(long Id, TRow Row, string? Pair, string? Bot)> rows;
        if (ids[^1] - ids[0] <= ids.Count + MostBetween)
        {
            var asked = ids.ToHashSet();
            rows = await session.Prepare(range).Set("first", (long?)ids[0]).Set("last", (long?)ids[^1]).ListAsync(Read);
            rows.RemoveAll(row => !asked.Contains(row.Id));
        }
        else
        {
            rows = [];
            foreach (var id in ids)
            {
                rows.AddRange(await session.Prepare(one).Set("id", (long?)id).ListAsync(Read));
            }
        }

        if (Complete is not null)
        {
            await Complete(session, rows.ConvertAll(static row => row.Row));
        }

        return rows.ConvertAll(row => new EventRow(row.Id, JsonText.Utf8(row.Row, json), row.Pair, row.Bot));
    }

    private (long Id, TRow Row, string? Pair, string? Bot) Read(Row row) =>
        (row.Id(0), read(row), pair < 0 ? null : row.Text(pair), bot < 0 ? null : row.Text(bot));

    /// <summary>The position of a column in the selection, which begins with the id; -1 if there is none.</summary>
    private static int OrdinalOf(Table table, Func<Column, bool> isMeant)
    {
        for (var i = 0; i < table.Columns.Count; i++)
        {
            if (isMeant(table.Columns[i]))
            {
                return i + 1;
            }
        }

        return -1;
    }
}

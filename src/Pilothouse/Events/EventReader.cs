using System.Globalization;
using System.Text;
using Pilothouse.Operations;
using Pilothouse.Storage;

namespace Pilothouse.Events;

/// <summary>Reads the log of changes and writes each change as an event, with its record as it is at that moment.</summary>
/// <param name="sources">The sources of all features.</param>
internal sealed class EventReader(IEnumerable<EventSource> sources)
{
    /// <summary>How many changes are read at once.</summary>
    public const int PageSize = 500;

    private readonly Dictionary<string, EventSource> byTable = sources.ToDictionary(static source => source.Table);

    /// <summary>The names of all events.</summary>
    public IReadOnlyCollection<string> Names => field ??= [.. byTable.Values.SelectMany(static source => source.Events).Distinct().Order(StringComparer.Ordinal)];

    /// <summary>Reads the next changes after a position as events.</summary>
    /// <param name="session">A snapshot, so that a change is never read without its record.</param>
    /// <param name="position">The position of the last change that was read before.</param>
    public async ValueTask<EventPage> ReadAsync(Session session, long position)
    {
        var changes = await ChangeLog.AfterAsync(session, position, PageSize);
        if (changes.Count == 0)
        {
            return new(position, [], IsFull: false);
        }

        return new(changes[^1].Sequence, await EventsOfAsync(session, changes, Frame), changes.Count == PageSize);
    }

    /// <summary>Returns the changes as events, in the same order. Changes that no event tells of are left out.</summary>
    /// <param name="session">A snapshot, so that a change is never read without its record.</param>
    /// <param name="changes">The changes.</param>
    /// <param name="form">Writes an event from its position, its name and the JSON of its record.</param>
    public async ValueTask<List<LiveEvent>> EventsOfAsync(Session session, List<Change> changes, Func<long, string, byte[], byte[]> form)
    {
        var rows = await RowsAsync(session, changes);
        var events = new List<LiveEvent>(changes.Count);
        foreach (var change in changes)
        {
            if (byTable.GetValueOrDefault(change.Table)?.NameOf(change.Kind) is not { } name)
            {
                continue;
            }

            var found = rows.TryGetValue((change.Table, change.RowId), out var row);
            if ((row.Event ?? name) is { Length: > 0 } known)
            {
                var json = found ? row.Json : Encoding.UTF8.GetBytes($$"""{"id":{{change.RowId.ToString(CultureInfo.InvariantCulture)}}}""");
                events.Add(new(change.Sequence, known, row.TradingPair, row.BotName, !found, form(change.Sequence, known, json)));
            }
        }

        return events;
    }

    /// <summary>Writes an event in the form of the stream: its id, its name and its data, each on a line of its own.</summary>
    public static byte[] Frame(long sequence, string name, byte[] json)
    {
        var head = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"id: {sequence}\nevent: {name}\ndata: "));
        var frame = new byte[head.Length + json.Length + 2];
        head.CopyTo(frame, 0);
        json.CopyTo(frame.AsSpan(head.Length));
        frame.AsSpan(head.Length + json.Length).Fill((byte)'\n');
        return frame;
    }

    /// <summary>Reads the records of the changes, each once, table by table.</summary>
    private async ValueTask<Dictionary<(string Table, long Id), EventRow>> RowsAsync(Session session, List<Change> changes)
    {
        var rows = new Dictionary<(string, long), EventRow>(changes.Count);
        foreach (var table in changes.GroupBy(static change => change.Table))
        {
            if (!byTable.TryGetValue(table.Key, out var source))
            {
                continue;
            }

            long[] ids = [.. table.Where(change => change.Kind != "removed" && source.NameOf(change.Kind) is not null)
                .Select(static change => change.RowId).Distinct().Order()];
            foreach (var row in ids.Length > 0 ? await source.ReadAsync(session, ids) : [])
            {
                rows[(table.Key, row.Id)] = row;
            }
        }

        return rows;
    }
}

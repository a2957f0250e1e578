using System.Globalization;
using System.Text.Json;
using Pilothouse.Contract;
using Pilothouse.Operations;
using Pilothouse.Storage;

namespace Pilothouse.Events;

/// <summary>An event of the log of changes, with its record as it is now.</summary>
/// <param name="Id">Its position in the log of changes, the same as in the live stream.</param>
/// <param name="Event">Its name, such as <c>trade.opened</c>.</param>
/// <param name="Data">The record in the form of its GET; its id alone if it is gone.</param>
internal sealed record RecentEvent(long Id, string Event, JsonElement Data);

/// <summary>What happened lately, for those who ask instead of listening.</summary>
internal static class RecentEventList
{
    /// <summary>How many changes one answer looks at. A filter that few of them pass answers fewer events, and a cursor to go on.</summary>
    private const int MostChanges = 5000;

    private static readonly QueryShape Query = new(
        QueryParameter.Limit(50), QueryParameter.Cursor,
        EventStream.Types, QueryParameter.Pair with { Description = EventStream.OfPair }, QueryParameter.BotName with { Description = EventStream.OfBot });

    public static Operation Operation(EventReader reader) => new Read<Page<RecentEvent>>(
        "recentEvents", "GET /api/events/recent", "What happened lately, newest first", EventJson.Default.PageRecentEvent,
        (session, _, query) => PageAsync(reader, session, query))
    { Query = Query, PerMinute = 100 };

    private static async ValueTask<Page<RecentEvent>> PageAsync(EventReader reader, Session session, QueryValues query)
    {
        var filter = new EventFilter(EventFilter.ReadNames(query.Text("types"), reader.Names), query.Text("trading_pair"), query.Text("bot_name"));
        var (position, most, seen) = (PositionOf(query.Text("cursor")), query.Whole("limit"), 0);
        var found = new List<RecentEvent>();
        while (true)
        {
            var changes = await ChangeLog.BeforeAsync(session, position, EventReader.PageSize);
            foreach (var one in (await reader.EventsOfAsync(session, changes, static (_, _, json) => json)).Where(filter.Takes))
            {
                found.Add(new(one.Sequence, one.Name, JsonElement.Parse(one.Frame)));
                if (found.Count == most)
                {
                    return new(true, most, found, one.Sequence.ToString(CultureInfo.InvariantCulture));
                }
            }

            if (changes.Count < EventReader.PageSize)
            {
                return new(true, found.Count, found, null);
            }

            position = changes[^1].Sequence;
            seen += changes.Count;
            if (seen >= MostChanges)
            {
                return new(true, found.Count, found, position.ToString(CultureInfo.InvariantCulture));
            }
        }
    }

    private static long PositionOf(string? cursor) =>
        cursor is null ? long.MaxValue
        : long.TryParse(cursor, NumberStyles.None, CultureInfo.InvariantCulture, out var position) ? position
        : throw ListPosition.Foreign();
}

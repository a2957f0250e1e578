using Pilothouse.Storage;

namespace Pilothouse.Fleet;

/// <summary>
/// What the uses of outside APIs of each bot cost in one month (UTC). The month is read once, and later only what has been stored since; all
/// again if a stored use was changed or removed. Callers take turns.
/// </summary>
internal sealed class BotCosts
{
    private const int MostAtOnce = 10_000;

    /// <summary>So many changes of all tables are looked through for those of costs; the month is read faster than more of them.</summary>
    private const long LongestWay = 200_000;

    private static readonly Sql OfMonth = new("""
        SELECT bot_name, estimated_cost, time_of(timestamp) FROM cost_analytics WHERE time_key(timestamp) >= @from AND time_key(timestamp) < @to AND bot_name IS NOT NULL
        """);

    private static readonly Sql Changed = new("SELECT seq, row_id, kind FROM changes WHERE seq > @seq AND table_name = 'cost_analytics' ORDER BY seq LIMIT @limit");

    private static readonly Sql Find = new("SELECT bot_name, estimated_cost, time_of(timestamp) FROM cost_analytics WHERE id = @id");

    private Dictionary<string, MoneySum> sums = [];
    private DateTimeOffset? month;
    private long position;

    /// <summary>Brings the sums up to the snapshot that the session reads.</summary>
    public async ValueTask UpdateAsync(Session session, DateTimeOffset now)
    {
        var begins = new DateTimeOffset(now.UtcDateTime.Year, now.UtcDateTime.Month, 1, 0, 0, 0, TimeSpan.Zero);
        var newest = await ChangeLog.NewestAsync(session);
        if (month == begins && await StoredSinceAsync(session, newest) is { } uses)
        {
            // Nothing awaits from here on, so that a read that is interrupted and begun again adds nothing twice.
            uses.ForEach(use => Add(sums, use, begins));
            position = newest;
            return;
        }

        var all = new Dictionary<string, MoneySum>(StringComparer.Ordinal);
        await session.Prepare(OfMonth).SetKey("from", Timestamps.ToStored(begins)).SetKey("to", Timestamps.ToStored(begins.AddMonths(1)))
            .EachAsync(row => Add(all, Read(row), begins));
        (sums, month, position) = (all, begins, newest);
    }

    /// <summary>Returns the cost of a bot; null if it does not fit a decimal.</summary>
    public decimal? Of(string botName) => sums.GetValueOrDefault(botName).Value;

    private async ValueTask<List<Use>?> StoredSinceAsync(Session session, long newest)
    {
        if (newest - position > LongestWay || !await ChangeLog.ReachesAsync(session, position))
        {
            return null;
        }

        var changes = await session.Prepare(Changed).Set("seq", position).Set("limit", MostAtOnce + 1L)
            .ListAsync(static row => (Id: row.Id(1), Kind: row.Text(2)));
        if (changes.Count > MostAtOnce || changes.Any(static change => change.Kind != "recorded"))
        {
            return null;
        }

        var uses = new List<Use>(changes.Count);
        foreach (var (id, _) in changes)
        {
            if (await session.Prepare(Find).Set("id", id).FirstAsync(Read) is not { } use)
            {
                return null;
            }

            uses.Add(use);
        }

        return uses;
    }

    private static void Add(Dictionary<string, MoneySum> to, Use use, DateTimeOffset month)
    {
        if (use.Bot is { } bot && use.At >= month && use.At < month.AddMonths(1))
        {
            to[bot] = to.GetValueOrDefault(bot).Plus(use.Cost ?? 0);
        }
    }

    private static Use Read(Row row) => new(row.Text(0), row.Money(1), row.Time(2));

    private sealed record Use(string? Bot, decimal? Cost, DateTimeOffset? At);
}

using Pilothouse.Storage;

namespace Pilothouse.Bots;

/// <summary>The newest report of a bot in one mode.</summary>
/// <param name="Mode">The mode in lower case; empty if the report names none.</param>
internal sealed record ModeReport(string BotName, string Mode, BotStatus Report);

/// <summary>What the last reports of a bot in one mode say of its intervals.</summary>
/// <param name="Own">How often it says that it reports, in seconds: the newest of these reports that says it.</param>
/// <param name="MedianSeconds">The median of its last intervals; null if it is unknown.</param>
internal readonly record struct ReportIntervals(long? Own, double? MedianSeconds);

/// <summary>Reads from <c>bot_status</c> when bots reported.</summary>
internal static class PulseStore
{
    private const string Mode = "coalesce(lower(mode), '')";

    /// <summary>
    /// The newest report of each bot in each of its modes. It steps through the index from one bot and mode to the next, so that a table of
    /// millions of rows needs only a few look-ups for each.
    /// </summary>
    private static readonly Sql NewestOfEach = new($"""
        WITH RECURSIVE bots(of_bot) AS (
          SELECT * FROM (SELECT bot_name FROM bot_status WHERE bot_name IS NOT NULL ORDER BY bot_name LIMIT 1) AS lowest
          UNION ALL
          SELECT (SELECT bot_name FROM bot_status WHERE bot_name > bots.of_bot ORDER BY bot_name LIMIT 1)
          FROM bots WHERE bots.of_bot IS NOT NULL),
        modes(in_bot, in_mode) AS (
          SELECT of_bot, (SELECT {Mode} FROM bot_status WHERE bot_name = of_bot ORDER BY {Mode} LIMIT 1) FROM bots WHERE of_bot IS NOT NULL
          UNION ALL
          SELECT in_bot, (SELECT {Mode} FROM bot_status WHERE bot_name = in_bot AND {Mode} > in_mode ORDER BY {Mode} LIMIT 1)
          FROM modes WHERE in_mode IS NOT NULL)
        SELECT {BotStore.Table.Selection}, in_mode FROM modes JOIN bot_status ON bot_status.id = (
          SELECT one.id FROM bot_status AS one WHERE one.bot_name = in_bot AND coalesce(lower(one.mode), '') = in_mode
          ORDER BY time_key(one.timestamp) DESC, one.id DESC LIMIT 1)
        WHERE in_mode IS NOT NULL LIMIT {BotStore.MostStates}
        """);

    private static readonly Sql LastReports = new($"""
        SELECT time_of(timestamp), expected_every_seconds FROM bot_status WHERE bot_name = @bot_name AND {Mode} = @mode
        ORDER BY time_key(timestamp) DESC, id DESC LIMIT {Pulse.Reports}
        """);

    private static readonly Sql InOtherMode = new($"""
        SELECT 1 FROM bot_status WHERE bot_name = @bot_name AND time_key(timestamp) >= @from AND time_key(timestamp) < @to AND {Mode} NOT IN (@mode, '') LIMIT 1
        """);

    private static readonly Sql ArrivedSince = new($"""
        SELECT changes.seq, bot_status.id, bot_name, {Mode}, time_of(timestamp), status, expected_every_seconds
        FROM changes CROSS JOIN bot_status
        WHERE seq > @seq AND table_name = 'bot_status' AND kind <> 'removed' AND bot_status.id = row_id ORDER BY seq LIMIT @limit
        """);

    /// <summary>The number of the column behind those of the table.</summary>
    private static readonly int ModeColumn = BotStore.Table.Columns.Count + 1;

    /// <summary>Returns the newest report of each bot in each of its modes, by name; at most <see cref="BotStore.MostStates"/>.</summary>
    public static ValueTask<List<ModeReport>> ListNewestAsync(Session session) => session.Prepare(NewestOfEach).ListAsync(static row =>
    {
        var report = BotStore.Table.Read(row);
        return new ModeReport(report.BotName ?? "", row.Text(ModeColumn) ?? "", report);
    });

    public static async ValueTask<ReportIntervals> IntervalsAsync(Session session, string botName, string mode)
    {
        var last = await session.Prepare(LastReports).Set("bot_name", botName).Set("mode", mode)
            .ListAsync(static row => (At: row.Time(0), Own: row.Whole(1)));
        return new(
            last.Find(static report => report.Own is > 0).Own,
            Pulse.MedianSeconds([.. last.Where(static report => report.At is not null).Select(static report => report.At!.Value)]));
    }

    /// <summary>Whether the bot reported in another mode, of those that reports name, in a time: from the first inclusive to the second.</summary>
    public static ValueTask<bool> IsInOtherModeAsync(Session session, string botName, string mode, DateTimeOffset from, DateTimeOffset to) =>
        session.Prepare(InOtherMode).Set("bot_name", botName).Set("mode", mode).SetKey("from", Timestamps.ToStored(from)).SetKey("to", Timestamps.ToStoredAfter(to)).AnyAsync();

    /// <summary>Returns the reports that were stored or changed after a position in the log of changes, in the order in which they came.</summary>
    public static ValueTask<List<ArrivedReport>> ArrivedAsync(Session session, long position, int most) =>
        session.Prepare(ArrivedSince).Set("seq", position).Set("limit", (long)most).ListAsync(static row => new ArrivedReport(
            row.Id(0), row.Id(1), row.Text(2) ?? "", row.Text(3) ?? "", row.Time(4), NewBotStatus.Statuses.Normal(row.Text(5)), row.Whole(6) is > 0 and var own ? own : null));
}

/// <summary>A report in the order in which reports came.</summary>
/// <param name="Sequence">Its position in the log of changes.</param>
internal sealed record ArrivedReport(long Sequence, long Id, string BotName, string Mode, DateTimeOffset? At, string? Status, long? Own);

using Pilothouse.Contract;
using Pilothouse.Storage;

namespace Pilothouse.Bots;

/// <summary>The table <c>bot_status</c>.</summary>
internal static class BotStore
{
    /// <summary>The most bots that are read for the metrics; nobody has as many.</summary>
    public const int MostStates = 1000;

    public static readonly Table<NewBotStatus, BotStatus> Table = new(
        "bot_status", BotJson.Default.NewBotStatus, BotJson.Default.BotStatus, time: "timestamp",
        Column.Time("timestamp"),
        Column.Bot(required: true) with
        {
            Filter = $"Which bot. Without it {BotFeature.UsualBot}, or the bot that reported last where {BotFeature.UsualBot} never did.",
        },
        Column.OneOf("status", NewBotStatus.Statuses, required: true) with { Filter = "Only reports of this status." },
        Column.Whole("pid", least: 0),
        Column.Money("balance"),
        Column.Whole("open_positions", least: 0),
        Column.Whole("total_trades", least: 0),
        Column.Number("win_rate", least: 0, most: 100),
        Column.Money("total_pnl"),
        Column.OneOf("mode", NewBotStatus.Modes) with { Filter = "Only reports in this mode." },
        Column.Text("message", longest: 2000),
        Column.Whole("expected_every_seconds", least: 1, most: 31_536_000),
        Column.Whole("control_seq", least: 1) with { References = ("bot_controls", "control") });

    public static readonly InputRules<NewBotStatus> Rules = Table.Rules.Also(
        "bot_name", static status => status.BotName == BotControl.AllBots ? "must not be *, which stands for all bots in a control" : null);

    /// <summary>The reports, newest first. Filters: those of the columns.</summary>
    public static readonly ListSql List = new(Table) { Leaders = ["bot_name"], Groups = ["bot_name mode status"] };

    private const string OfStatusAndMode = "(@status IS NULL OR lower(status) = @status) AND (@mode IS NULL OR lower(mode) = @mode)";

    private static readonly Sql Latest = new($"SELECT {Table.Selection} FROM bot_status WHERE {OfStatusAndMode} ORDER BY time_key(timestamp) DESC, id DESC LIMIT 1");

    private static readonly Sql LatestOfBot = new(
        $"SELECT {Table.Selection} FROM bot_status WHERE bot_name = @bot_name AND {OfStatusAndMode} ORDER BY time_key(timestamp) DESC, id DESC LIMIT 1");

    private static readonly Sql Any = new("SELECT 1 FROM bot_status WHERE bot_name = @bot_name LIMIT 1");

    /// <summary>
    /// The newest report of each of the first <see cref="MostStates"/> bots. It steps through the index from one bot's name to the next, so
    /// that a table of millions of rows needs only a few look-ups per bot.
    /// </summary>
    private static readonly Sql StateOfEach = new($"""
        WITH RECURSIVE bots(name) AS (
          SELECT * FROM (SELECT bot_name FROM bot_status WHERE bot_name IS NOT NULL ORDER BY bot_name LIMIT 1) AS lowest
          UNION ALL
          SELECT (SELECT bot_name FROM bot_status WHERE bot_name > bots.name ORDER BY bot_name LIMIT 1)
          FROM bots WHERE bots.name IS NOT NULL)
        SELECT bots.name, newest.status, time_of(newest.timestamp)
        FROM bots JOIN bot_status AS newest ON newest.id = (
          SELECT id FROM bot_status WHERE bot_name = bots.name ORDER BY time_key(timestamp) DESC, id DESC LIMIT 1)
        WHERE bots.name IS NOT NULL LIMIT {MostStates}
        """);

    /// <summary>
    /// Returns the newest report of one bot, or of any if it is null, in that status and mode unless these are null; null if there is none.
    /// </summary>
    public static ValueTask<BotStatus?> FindLatestAsync(Session session, string? botName, string? status, string? mode)
    {
        var statement = botName is null ? session.Prepare(Latest) : session.Prepare(LatestOfBot).Set("bot_name", botName);
        return statement.Set("status", status).Set("mode", mode).FirstAsync(Table.Read);
    }

    /// <summary>Whether the bot has ever reported.</summary>
    public static ValueTask<bool> AnyAsync(Session session, string botName) => session.Prepare(Any).Set("bot_name", botName).AnyAsync();

    /// <summary>Returns the last report of each bot, by name; at most <see cref="MostStates"/> of them.</summary>
    public static ValueTask<List<BotState>> ListStatesAsync(Session session) =>
        session.Prepare(StateOfEach).ListAsync(static row => new BotState(row.Text(0) ?? "", NewBotStatus.Statuses.Normal(row.Text(1)), row.Time(2)));
}

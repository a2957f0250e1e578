using Pilothouse.Storage;

namespace Pilothouse.Bots;

/// <summary>The table <c>bot_status</c>.</summary>
internal static class BotStore
{
    /// <summary>More bots than anybody has; it bounds what a scrape reads.</summary>
    public const int MostStates = 1000;

    public const string Columns = "id, timestamp, bot_name, status, pid, balance, open_positions, total_trades, win_rate, total_pnl, mode, message";

    private static readonly Sql Insert = new("""
        INSERT INTO bot_status(timestamp, bot_name, status, pid, balance, open_positions, total_trades, win_rate, total_pnl, mode, message)
        VALUES (@timestamp, @bot_name, @status, @pid, @balance, @open_positions, @total_trades, @win_rate, @total_pnl, @mode, @message)
        RETURNING id
        """);

    private const string OfStatusAndMode = "(@status IS NULL OR lower(status) = @status) AND (@mode IS NULL OR lower(mode) = @mode)";

    private static readonly Sql Latest = new($"SELECT {Columns} FROM bot_status WHERE {OfStatusAndMode} ORDER BY time_key(timestamp) DESC, id DESC LIMIT 1");

    private static readonly Sql LatestOfBot = new(
        $"SELECT {Columns} FROM bot_status WHERE bot_name = @bot_name AND {OfStatusAndMode} ORDER BY time_key(timestamp) DESC, id DESC LIMIT 1");

    /// <summary>What is no number, or more than a decimal holds, is no balance; in SQLite every text is above every number.</summary>
    private const string FirstBalance = """
        SELECT balance FROM bot_status
        WHERE balance IS NOT NULL AND balance BETWEEN -7.9e28 AND 7.9e28 AND bot_name =
        """;

    private static readonly Sql FirstBalanceOfBot = new($"{FirstBalance} @bot_name ORDER BY time_key(timestamp), id LIMIT 1");

    /// <summary>Steps through the index from one bot's name to the next, so that a table of millions costs a few look-ups a bot.</summary>
    private static readonly Sql FirstBalanceOfEach = new($"""
        WITH RECURSIVE bots(name) AS (
          SELECT * FROM (SELECT bot_name FROM bot_status WHERE balance IS NOT NULL ORDER BY bot_name LIMIT 1) AS lowest
          UNION ALL
          SELECT (SELECT bot_name FROM bot_status WHERE balance IS NOT NULL AND bot_name > bots.name ORDER BY bot_name LIMIT 1)
          FROM bots WHERE bots.name IS NOT NULL)
        SELECT ({FirstBalance} bots.name ORDER BY time_key(timestamp), id LIMIT 1)
        FROM bots WHERE bots.name IS NOT NULL
        """);

    /// <summary>The newest report of each of the first <see cref="MostStates"/> bots, found the same way.</summary>
    private static readonly Sql StateOfEach = new($"""
        WITH RECURSIVE bots(name) AS (
          SELECT * FROM (SELECT bot_name FROM bot_status WHERE bot_name IS NOT NULL ORDER BY bot_name LIMIT 1) AS lowest
          UNION ALL
          SELECT (SELECT bot_name FROM bot_status WHERE bot_name > bots.name ORDER BY bot_name LIMIT 1)
          FROM bots WHERE bots.name IS NOT NULL)
        SELECT bots.name, newest.status, newest.timestamp
        FROM bots JOIN bot_status AS newest ON newest.id = (
          SELECT id FROM bot_status WHERE bot_name = bots.name ORDER BY time_key(timestamp) DESC, id DESC LIMIT 1)
        WHERE bots.name IS NOT NULL LIMIT {MostStates}
        """);

    /// <summary>Stores a checked report. Counters that it leaves out are 0, as the table's defaults are.</summary>
    /// <returns>Its id.</returns>
    public static ValueTask<long> InsertAsync(Session session, NewBotStatus status, DateTimeOffset timestamp, string? botName) =>
        session.Prepare(Insert)
            .Set("timestamp", (DateTimeOffset?)timestamp)
            .Set("bot_name", botName)
            .Set("status", NewBotStatus.Statuses.Normal(status.Status))
            .Set("pid", status.Pid)
            .Set("balance", status.Balance)
            .Set("open_positions", status.OpenPositions ?? 0L)
            .Set("total_trades", status.TotalTrades ?? 0L)
            .Set("win_rate", status.WinRate ?? 0d)
            .Set("total_pnl", status.TotalPnl ?? 0m)
            .Set("mode", NewBotStatus.Modes.Normal(status.Mode))
            .Set("message", status.Message)
            .InsertAsync();

    /// <summary>The newest report of any bot, or of one, in that status and mode where they are not null; or null.</summary>
    public static ValueTask<BotStatus?> FindLatestAsync(Session session, string? botName, string? status, string? mode)
    {
        var statement = botName is null ? session.Prepare(Latest) : session.Prepare(LatestOfBot).Set("bot_name", botName);
        return statement.Set("status", status).Set("mode", mode).FirstAsync(Read);
    }

    /// <summary>What each bot reported last, by name; at most <see cref="MostStates"/> of them.</summary>
    public static ValueTask<List<BotState>> ListStatesAsync(Session session) =>
        session.Prepare(StateOfEach).ListAsync(static row => new BotState(row.Text(0) ?? "", NewBotStatus.Statuses.Normal(row.Text(1)), row.Time(2)));

    /// <summary>The first balance that each bot reported, or that <paramref name="botName"/> did; bots without one are left out.</summary>
    public static async ValueTask<List<decimal>> FirstBalancesAsync(Session session, string? botName)
    {
        var statement = botName is null ? session.Prepare(FirstBalanceOfEach) : session.Prepare(FirstBalanceOfBot).Set("bot_name", botName);
        var balances = new List<decimal>();
        await statement.EachAsync(row =>
        {
            if (row.Money(0) is { } balance)
            {
                balances.Add(balance);
            }
        });
        return balances;
    }

    private static BotStatus Read(Row row) => new(
        row.Id(0), row.Time(1), row.Text(2), row.Text(3), row.Whole(4), row.Money(5), row.Whole(6), row.Whole(7), row.Number(8), row.Money(9),
        row.Text(10), row.Text(11));
}

using Pilothouse.Api;
using Pilothouse.Storage;

namespace Pilothouse.Trades;

/// <summary>The table <c>trades</c>, and the log of its closed rows, <c>trade_changes</c>.</summary>
internal static class TradeStore
{
    /// <summary>When a closed trade closed, as it sorts: one without closed_at, as the seed stores, counts at its timestamp.</summary>
    public const string CloseKey = "coalesce(nullif(time_key(closed_at), ''), time_key(timestamp))";

    public const string Columns = """
        id, timestamp, trading_pair, side, entry_price, exit_price, quantity, pnl, status, signal_id, leverage, position_mode, stop_loss,
        take_profit, closed_at, bot_name, mode, fees, pnl_percentage, exit_reason, external_id
        """;

    private static readonly Sql Insert = new("""
        INSERT INTO trades(timestamp, trading_pair, side, entry_price, exit_price, quantity, pnl, status, signal_id, leverage, position_mode,
          stop_loss, take_profit, closed_at, bot_name, mode, fees, pnl_percentage, exit_reason, external_id)
        VALUES (@timestamp, @trading_pair, @side, @entry_price, @exit_price, @quantity, @pnl, @status, @signal_id, @leverage, @position_mode,
          @stop_loss, @take_profit, @closed_at, @bot_name, @mode, @fees, @pnl_percentage, @exit_reason, @external_id)
        RETURNING id
        """);

    private static readonly Sql Find = new($"SELECT {Columns} FROM trades WHERE id = @id");

    private static readonly Sql FindExternal = new(
        $"SELECT {Columns} FROM trades WHERE coalesce(bot_name, '') = @bot_name AND external_id = @external_id");

    private static readonly Sql Update = new(
        "UPDATE trades SET stop_loss = @stop_loss, take_profit = @take_profit, quantity = @quantity WHERE id = @id");

    private static readonly Sql Close = new("""
        UPDATE trades SET status = 'closed', exit_price = @exit_price, closed_at = @closed_at, pnl = @pnl, pnl_percentage = @pnl_percentage,
          fees = @fees, exit_reason = @exit_reason
        WHERE id = @id
        """);

    private static readonly (string Parameter, string Condition)[] Filters =
    [
        ("external_id", "external_id = @external_id"),
        ("signal_id", "signal_id = @signal_id"),
        ("trading_pair", "upper(trading_pair) = @trading_pair"),
        ("side", "upper(side) = @side"),
        ("bot_name", "bot_name = @bot_name"),
        ("mode", "lower(mode) = @mode"),
        ("closed_from", $"lower(status) = 'closed' AND +{CloseKey} >= @closed_from"),
        ("closed_to", $"lower(status) = 'closed' AND +{CloseKey} < @closed_to"),
    ];

    /// <summary>Filters: external_id, signal_id, trading_pair (upper case), status, side, bot_name, mode, closed_from, closed_to.</summary>
    public static readonly ListSql List = new("trades", Columns, [("status", "lower(status) = @status"), .. Filters])
    {
        Leaders =
        [
            "external_id", "signal_id", "status trading_pair", "trading_pair", "bot_name", "closed_from", "closed_to", "mode", "status", "side",
        ],
    };

    /// <summary>
    /// Open trades only, with the same filters but status. There are never many: they are found as such, and then looked through.
    /// </summary>
    public static readonly ListSql Open = new("trades", Columns, Filters)
    {
        Always = "lower(status) = 'open'",
        Leaders = ["external_id", "signal_id", "trading_pair"],
    };

    /// <returns>The new trade's id.</returns>
    public static ValueTask<long> InsertAsync(Session session, NewTrade trade, DateTimeOffset timestamp, DateTimeOffset? closedAt, TradeResult result, string? botName) =>
        session.Prepare(Insert)
            .Set("timestamp", (DateTimeOffset?)timestamp)
            .Set("trading_pair", trade.TradingPair!.ToUpperInvariant())
            .Set("side", NewTrade.Sides.Normal(trade.Side))
            .Set("entry_price", trade.EntryPrice)
            .Set("exit_price", trade.ExitPrice)
            .Set("quantity", trade.Quantity)
            .Set("pnl", (decimal?)result.Pnl)
            .Set("status", NewTrade.Statuses.Normal(trade.Status) ?? "open")
            .Set("signal_id", trade.SignalId)
            .Set("leverage", trade.Leverage)
            .Set("position_mode", NewTrade.PositionModes.Normal(trade.PositionMode))
            .Set("stop_loss", trade.StopLoss)
            .Set("take_profit", trade.TakeProfit)
            .Set("closed_at", closedAt)
            .Set("bot_name", botName)
            .Set("mode", NewTrade.Modes.Normal(trade.Mode))
            .Set("fees", trade.Fees)
            .Set("pnl_percentage", result.PnlPercentage)
            .Set("exit_reason", trade.ExitReason)
            .Set("external_id", trade.ExternalId)
            .InsertAsync();

    public static ValueTask<Trade?> FindAsync(Session session, long id) => session.Prepare(Find).Set("id", id).FirstAsync(Read);

    public static ValueTask<Trade?> FindExternalAsync(Session session, string? botName, string externalId) =>
        session.Prepare(FindExternal).Set("bot_name", botName ?? "").Set("external_id", externalId).FirstAsync(Read);

    public static ValueTask<int> UpdateAsync(Session session, Trade trade) =>
        session.Prepare(Update).Set("stop_loss", trade.StopLoss).Set("take_profit", trade.TakeProfit).Set("quantity", trade.Quantity)
            .Set("id", trade.Id).ChangeAsync();

    public static ValueTask<int> CloseAsync(Session session, Trade trade) =>
        session.Prepare(Close).Set("exit_price", trade.ExitPrice).Set("closed_at", trade.ClosedAt).Set("pnl", trade.Pnl)
            .Set("pnl_percentage", trade.PnlPercentage).Set("fees", trade.Fees).Set("exit_reason", trade.ExitReason).Set("id", trade.Id)
            .ChangeAsync();

    public static Trade Read(Row row) => new(
        row.Id(0), row.Time(1), row.Text(2), row.Text(3), row.Money(4), row.Money(5), row.Money(6), row.Money(7), row.Text(8), row.Whole(9),
        row.Whole(10), row.Text(11), row.Money(12), row.Money(13), row.Time(14), row.Text(15), row.Text(16), row.Money(17), row.Money(18),
        row.Text(19), row.Text(20));
}

using Pilothouse.Contract;
using Pilothouse.Storage;

namespace Pilothouse.Trades;

/// <summary>The table <c>trades</c>.</summary>
internal static class TradeStore
{
    /// <summary>The close of a closed trade as it sorts. A trade without closed_at counts at its timestamp.</summary>
    public const string CloseKey = "first_time_key(closed_at, timestamp)";

    public static readonly Table<NewTrade, Trade> Table = new(
        "trades", TradeJson.Default.NewTrade, TradeJson.Default.Trade, time: "timestamp",
        Column.Time("timestamp"),
        Column.Pair(),
        Column.OneOf("side", NewTrade.Sides, required: true) with { Filter = "Only this side." },
        Column.Money("entry_price", above: 0, required: true),
        Column.Money("exit_price", least: 0),
        Column.Money("quantity", above: 0, required: true),
        Column.Computed("pnl", ColumnKind.Money),
        Column.OneOf("status", NewTrade.Statuses, standard: "open"),
        Column.Reference("signal_id", "signals", "signal") with { Filter = "Only with the signal of this id." },
        Column.Money("leverage", above: 0, most: 1000),
        Column.OneOf("position_mode", NewTrade.PositionModes),
        Column.Money("stop_loss", above: 0),
        Column.Money("take_profit", above: 0),
        Column.Time("closed_at"),
        Column.Bot(),
        Column.OneOf("mode", NewTrade.Modes) with { Filter = "Only of this mode." },
        Column.Money("fees"),
        Column.Computed("pnl_percentage", ColumnKind.Money),
        Column.Text("exit_reason", longest: 200),
        Column.Text("external_id", longest: 200) with { Filter = "Only with this external_id; each bot has its own." },
        Column.Computed("voided_at", ColumnKind.Time),
        Column.Computed("void_reason", ColumnKind.Text),
        Column.Money("contract_size", above: 0),
        Column.OneOf("contract_type", NewTrade.ContractTypes),
        Column.Text("settle_asset", longest: 100) with { InCapitals = true },
        Column.Text("fee_asset", longest: 100) with { InCapitals = true },
        Column.Money("fee_rate", above: 0),
        Column.Money("funding"),
        Column.Text("strategy", longest: 100),
        Column.Computed("remaining_quantity", ColumnKind.Money),
        Column.Computed("realized_pnl", ColumnKind.Money),
        Column.Computed("average_cost", ColumnKind.Money),
        Column.Computed("initial_stop_loss", ColumnKind.Money));

    public static readonly InputRules<NewTrade> Rules = Table.Rules
        .Also("external_id", static trade => trade.ExternalId is { } id && string.IsNullOrWhiteSpace(id) ? "must not be empty" : null)
        .Also("exit_price", static trade => trade.IsClosed && trade.ExitPrice is null ? "is needed where status is closed"
            : !trade.IsClosed && trade.ExitPrice is not null ? "goes with status closed only; POST /api/trades/{id}/close closes an open trade" : null)
        .Also("closed_at", static trade => !trade.IsClosed && trade.ClosedAt is not null ? "goes with status closed only" : null)
        .Also("settle_asset", static trade => trade.SettleAsset is { } asset ? PrintableText.ProblemOfName(asset) : null)
        .Also("fee_asset", static trade => trade.FeeAsset is { } asset ? PrintableText.ProblemOfName(asset) : null)
        .Also("fee_rate", static trade => TradeTerms.ProblemOfFees(trade.FeeAsset, trade.FeeRate, TradeTerms.Of(trade).SettleAsset)?.Problem);

    /// <summary>The names that the body of a change or a close may contain without effect.</summary>
    public static IEnumerable<string> ColumnNames => Table.Columns.Select(static column => column.Name).Prepend("id");

    private static readonly Sql Find = new($"SELECT {Table.Selection} FROM trades WHERE id = @id");

    private static readonly Sql FindExternal = new(
        $"SELECT {Table.Selection} FROM trades WHERE coalesce(bot_name, '') = @bot_name AND external_id = @external_id");

    private static readonly Sql Update = new("""
        UPDATE trades SET stop_loss = @stop_loss, initial_stop_loss = @initial_stop_loss, take_profit = @take_profit, quantity = @quantity,
          funding = @funding
        WHERE id = @id
        """);

    /// <summary>What changes with each exit. A trade with fills also has its entry from them.</summary>
    private const string OfExit = "fees = @fees, fee_asset = @fee_asset, fee_rate = @fee_rate, funding = @funding, realized_pnl = @realized_pnl, exit_reason = @exit_reason";

    private const string OfFills = "quantity = @quantity, entry_price = @entry_price, remaining_quantity = @remaining_quantity, average_cost = @average_cost";

    private const string OfClose = "status = 'closed', exit_price = @exit_price, set_time(closed_at, @closed_at), pnl = @pnl, pnl_percentage = @pnl_percentage";

    private static readonly Sql Close = new($"UPDATE trades SET {OfClose}, {OfExit}, remaining_quantity = 0 WHERE id = @id");

    private static readonly Sql CloseFilled = new($"UPDATE trades SET {OfClose}, {OfExit}, {OfFills} WHERE id = @id");

    private static readonly Sql UpdateFilled = new($"UPDATE trades SET {OfExit}, {OfFills} WHERE id = @id");

    private static readonly Sql Void = new("UPDATE trades SET status = 'voided', voided_at = @voided_at, void_reason = @void_reason WHERE id = @id");

    /// <summary>Closed in another month than opened, or before; there is an index on this very condition.</summary>
    private const string Held =
        $"unindexed:lower(status) = 'closed' AND (in_other_month(closed_at, timestamp) OR {CloseKey} < time_key(timestamp))";

    private static readonly (string Parameter, string Condition)[] ByClose =
    [
        ("closed_from", $"lower(status) = 'closed' AND unindexed:{CloseKey} >= @closed_from"),
        ("closed_to", $"lower(status) = 'closed' AND unindexed:{CloseKey} < @closed_to"),
    ];

    /// <summary>Filters: those of the columns, status, closed_from, closed_to.</summary>
    public static readonly ListSql List = new(Table, [("status", "lower(status) = @status"), .. ByClose])
    {
        Always = "coalesce(lower(status), '') <> 'voided'",
        Leaders = ["external_id", "signal_id", "status trading_pair", "trading_pair", "bot_name", "status"],
        Groups = ["side mode status", "bot_name trading_pair side mode status"],
        Window = new("closed_from", "closed_to", "lower(status) = 'closed'", CloseKey, Held, ("status", "closed")),
    };

    /// <summary>Voided trades only, with the same filters. There are never many, as of open ones.</summary>
    public static readonly ListSql Voided = new(Table, [("status", "lower(status) = @status"), .. ByClose])
    {
        Always = "lower(status) = 'voided'",
        Leaders = ["external_id", "signal_id", "trading_pair"],
    };

    /// <summary>
    /// Open trades only, with the same filters but status. There are never many: they are found by the status, and the other filters check
    /// each.
    /// </summary>
    public static readonly ListSql Open = new(Table, ByClose)
    {
        Always = "lower(status) = 'open'",
        Leaders = ["external_id", "signal_id", "trading_pair"],
    };

    /// <summary>Reads a row of the table. What other programs do not store is filled in.</summary>
    public static Trade Read(Row row)
    {
        var trade = Table.Read(row);
        trade.Complete();
        return trade;
    }

    public static ValueTask<Trade?> FindAsync(Session session, long id) => session.Prepare(Find).Set("id", id).FirstAsync(Read);

    public static ValueTask<Trade?> FindExternalAsync(Session session, string? botName, string externalId) =>
        session.Prepare(FindExternal).Set("bot_name", botName ?? "").Set("external_id", externalId).FirstAsync(Read);

    public static ValueTask<int> UpdateAsync(Session session, Trade trade) =>
        session.Prepare(Update).Set("stop_loss", trade.StopLoss).Set("initial_stop_loss", trade.InitialStopLoss).Set("take_profit", trade.TakeProfit)
            .Set("quantity", trade.Quantity).Set("funding", trade.Funding).Set("id", trade.Id).ChangeAsync();

    public static ValueTask<int> VoidAsync(Session session, long id, DateTimeOffset at, string reason) =>
        session.Prepare(Void).Set("voided_at", (DateTimeOffset?)at).Set("void_reason", reason).Set("id", (long?)id).ChangeAsync();

    /// <summary>Closes a trade, or corrects a closed one, that has one entry and one exit.</summary>
    public static ValueTask<int> CloseAsync(Session session, Trade trade) => BindClose(session.Prepare(Close), trade).ChangeAsync();

    /// <summary>Closes a trade, or corrects a closed one, by its fills.</summary>
    public static ValueTask<int> CloseFilledAsync(Session session, Trade trade) =>
        BindFills(BindClose(session.Prepare(CloseFilled), trade), trade).ChangeAsync();

    /// <summary>Brings an open trade in line with its fills.</summary>
    public static ValueTask<int> UpdateFilledAsync(Session session, Trade trade) =>
        BindFills(BindExit(session.Prepare(UpdateFilled), trade), trade).ChangeAsync();

    private static Statement BindClose(Statement statement, Trade trade) => BindExit(statement, trade).Set("exit_price", trade.ExitPrice)
        .Set("closed_at", trade.ClosedAt).Set("pnl", trade.Pnl).Set("pnl_percentage", trade.PnlPercentage);

    private static Statement BindExit(Statement statement, Trade trade) => statement.Set("fees", trade.Fees)
        .Set("fee_asset", trade.FeeAsset is { } asset ? TradingPair.Upper(asset) : null).Set("fee_rate", trade.FeeRate)
        .Set("funding", trade.Funding).Set("realized_pnl", trade.RealizedPnl).Set("exit_reason", trade.ExitReason).Set("id", trade.Id);

    private static Statement BindFills(Statement statement, Trade trade) => statement.Set("quantity", trade.Quantity)
        .Set("entry_price", trade.EntryPrice).Set("remaining_quantity", trade.RemainingQuantity).Set("average_cost", trade.AverageCost);
}

using System.Globalization;
using Pilothouse.Contract;
using Pilothouse.Operations;
using Pilothouse.Storage;

namespace Pilothouse.CircuitBreaker;

/// <summary>What a new event holds beside what every event has.</summary>
/// <param name="Readings">The market when it triggered.</param>
/// <param name="Details">Which measure triggered it, in JSON; null if none did.</param>
/// <param name="Snapshot">The observation that triggered it, in JSON; null if none did.</param>
internal sealed record EventFacts(MarketReadings Readings, string? Details, string? Snapshot)
{
    public static readonly EventFacts None = new(MarketReadings.None, null, null);
}

/// <summary>
/// The table <c>circuit_breaker_events</c>. An event of ours has a <c>triggered_by</c>; those that other programs store are listed, but do
/// not stop trading.
/// </summary>
internal static class BreakerEvents
{
    public const string Table = "circuit_breaker_events";

    /// <summary>The kind of change by which the log says that another program opened a trade all the same.</summary>
    public const string Bypassed = "bypassed";

    /// <summary>The most notes of an event, in characters.</summary>
    private const int LongestNotes = 4000;

    public static readonly RecordColumns<BreakerEvent> Columns = new(
        Table, BreakerJson.Default.BreakerEvent,
        Column.Time("triggered_at"),
        Column.Time("cleared_at"),
        Column.Text("trigger_reason", longest: 500),
        Column.OneOf("trigger_type", TriggerTypes.All),
        Column.OneOf("status", BreakerStatus.All),
        Column.Money("btc_price_at_trigger"),
        Column.Money("eth_price_at_trigger"),
        Column.Number("btc_drop_percent"),
        Column.Number("eth_drop_percent"),
        Column.Number("market_cap_drop_percent"),
        Column.Money("liquidations_1h"),
        Column.Whole("fear_greed_index"),
        Column.Text("trigger_details", LongestNotes),
        Column.Text("market_snapshot", LongestNotes),
        Column.Whole("downtime_seconds"),
        Column.Money("capital_saved"),
        Column.Whole("orders_cancelled"),
        Column.Whole("positions_affected"),
        Column.Whole("recovery_time_seconds"),
        Column.Text("recovery_conditions_met", LongestNotes),
        Column.Whole("user_notified"),
        Column.Text("notes", LongestNotes),
        Column.Text("triggered_by", longest: 200),
        Column.Text("cleared_by", longest: 200),
        Column.Bot(),
        Column.Text("mode", longest: 20),
        Column.Whole("dry_run"));

    public static readonly ListSql List = new(Table, Columns.Selection, "triggered_at",
        ("trigger_type", "lower(trigger_type) = @trigger_type"), ("status", "lower(status) = @status"), ("bot_name", "bot_name = @bot_name"))
    { Leaders = [], Groups = ["trigger_type status bot_name"] };

    private static readonly Sql Open = new($"""
        SELECT id, trigger_type, status, time_of(triggered_at), trigger_reason, bot_name, mode, dry_run, recovery_conditions_met
        FROM {Table} WHERE cleared_at IS NULL AND triggered_by IS NOT NULL ORDER BY id
        """);

    private static readonly Sql Find = new($"SELECT {Columns.Selection} FROM {Table} WHERE id = @id");

    private static readonly Sql Insert = new($"""
        INSERT INTO {Table}(triggered_at, trigger_reason, trigger_type, status, btc_price_at_trigger, eth_price_at_trigger, btc_drop_percent,
          eth_drop_percent, market_cap_drop_percent, liquidations_1h, fear_greed_index, trigger_details, market_snapshot, capital_saved,
          orders_cancelled, positions_affected, user_notified, triggered_by, bot_name, mode, dry_run)
        VALUES (@triggered_at, @trigger_reason, @trigger_type, 'triggered', @btc_price, @eth_price, @btc_drop, @eth_drop, @cap_drop,
          @liquidations, @fear_greed, @details, @snapshot, NULL, 0, @positions, 0, @triggered_by, @bot_name, @mode, @dry_run) RETURNING id
        """);

    private static readonly Sql Positions = new("""
        SELECT count(*) FROM trades WHERE lower(status) = 'open' AND (@bot_name IS NULL OR bot_name = @bot_name)
          AND (@mode IS NULL OR mode IS NULL OR lower(mode) = @mode)
        """);

    private static readonly Sql Turn = new($"""
        UPDATE {Table} SET status = @status, recovery_conditions_met = @recovery WHERE id = @id AND cleared_at IS NULL
        """);

    private static readonly Sql Clear = new($"""
        UPDATE {Table} SET status = 'cleared', cleared_at = @cleared_at, cleared_by = @cleared_by, downtime_seconds = @downtime,
          recovery_time_seconds = @recovery_time, notes = @notes WHERE id = @id AND cleared_at IS NULL
        """);

    private static readonly Sql Note = new($"UPDATE {Table} SET notes = @notes WHERE id = @id");

    private static readonly Sql Log = new("INSERT INTO changes(table_name, row_id, kind) VALUES ('circuit_breaker_events', @id, @kind)");

    /// <summary>Returns the events that are not cleared, the oldest first.</summary>
    public static ValueTask<List<OpenEvent>> OpenAsync(Session session) => session.Prepare(Open).ListAsync(static row => new OpenEvent(
        row.Id(0), row.Text(1) ?? TriggerTypes.Manual, row.Text(2) == BreakerStatus.Recovering ? BreakerStatus.Recovering : BreakerStatus.Triggered,
        row.Time(3) ?? DateTimeOffset.MinValue, row.Text(4) ?? "", row.Text(5), row.Text(6), row.Whole(7) == 1, BreakerMemory.RecoveryOf(row.Text(8))));

    public static ValueTask<BreakerEvent?> FindAsync(Session session, long id) => session.Prepare(Find).Set("id", (long?)id).FirstAsync(Columns.Read);

    /// <summary>Stores a new event.</summary>
    /// <returns>Its id.</returns>
    public static async ValueTask<long> InsertAsync(Session session, OpenEvent opened, EventFacts facts, string by)
    {
        var positions = await session.Prepare(Positions).Set("bot_name", opened.BotName).Set("mode", opened.Mode).FirstAsync(static row => row.Whole(0));
        var market = facts.Readings;
        var id = await session.Prepare(Insert)
            .Set("triggered_at", (DateTimeOffset?)opened.TriggeredAt).Set("trigger_reason", opened.Reason).Set("trigger_type", opened.Type)
            .Set("btc_price", market.BtcPrice).Set("eth_price", market.EthPrice)
            .Set("btc_drop", market.BtcDrop).Set("eth_drop", market.EthDrop).Set("cap_drop", market.MarketCapDrop)
            .Set("liquidations", market.Liquidations1h).Set("fear_greed", market.FearGreedIndex)
            .Set("details", facts.Details).Set("snapshot", facts.Snapshot).Set("positions", positions).Set("triggered_by", by)
            .Set("bot_name", opened.BotName).Set("mode", opened.Mode).Set("dry_run", opened.IsDryRun ? 1L : 0L).InsertAsync();
        await LogAsync(session, id, BreakerStatus.Triggered);
        return id;
    }

    /// <summary>Sets whether an event is recovering.</summary>
    public static async ValueTask TurnAsync(Session session, OpenEvent turned)
    {
        await session.Prepare(Turn).Set("status", turned.Status).Set("recovery", BreakerMemory.JsonOf(turned.Recovery)).Set("id", (long?)turned.Id).ExecuteAsync();
        await LogAsync(session, turned.Id, turned.Status);
    }

    public static async ValueTask ClearAsync(Session session, OpenEvent cleared, DateTimeOffset at, string by, string? note)
    {
        static long Seconds(DateTimeOffset from, DateTimeOffset to) => Math.Max(0, (long)(to - from).TotalSeconds);
        var before = await FindAsync(session, cleared.Id);
        await session.Prepare(Clear).Set("cleared_at", (DateTimeOffset?)at).Set("cleared_by", by)
            .Set("downtime", (long?)Seconds(cleared.TriggeredAt, at))
            .Set("recovery_time", cleared.Recovery is { } recovery && cleared.IsRecovering ? Seconds(recovery.RecoveringSince, at) : null)
            .Set("notes", Noted(before?.Notes, note)).Set("id", (long?)cleared.Id).ExecuteAsync();
        await LogAsync(session, cleared.Id, BreakerStatus.Cleared);
    }

    /// <summary>Notes that another program opened a trade which this event should have stopped.</summary>
    public static async ValueTask NoteBypassAsync(Session session, BypassedBy trade, long id)
    {
        var note = string.Create(CultureInfo.InvariantCulture,
            $"Another program opened trade {trade.TradeId}{(trade.BotName is null ? "" : $" of {trade.BotName}")} while this was in force.");
        var before = await FindAsync(session, id);
        await session.Prepare(Note).Set("notes", Noted(before?.Notes, note)).Set("id", (long?)id).ExecuteAsync();
        await LogAsync(session, id, Bypassed);
    }

    private static string? Noted(string? before, string? note) =>
        note is null ? before : before is null ? note : before.Length + note.Length >= LongestNotes ? before : $"{before}\n{note}";

    private static ValueTask<int> LogAsync(Session session, long id, string kind) => session.Prepare(Log).Set("id", (long?)id).Set("kind", kind).ExecuteAsync();
}

/// <summary>A trade that another program opened while the breaker was triggered.</summary>
internal sealed record BypassedBy(long TradeId, string? BotName);

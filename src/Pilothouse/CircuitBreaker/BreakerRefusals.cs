using Pilothouse.Contract;
using Pilothouse.Storage;
using Pilothouse.Trades;

namespace Pilothouse.CircuitBreaker;

/// <summary>A position that a bot wanted to open or enlarge while an event stopped it.</summary>
internal sealed record BreakerRefusal
{
    public long Id { get; set; }

    /// <summary>When it was refused first.</summary>
    public DateTimeOffset? Timestamp { get; set; }

    public DateTimeOffset? LastRefusedAt { get; set; }

    /// <summary>How often the bot tried.</summary>
    public long? Times { get; set; }

    /// <summary>The event that stopped it.</summary>
    public long? EventId { get; set; }

    public string? BotName { get; set; }

    public string? TradingPair { get; set; }

    public string? Side { get; set; }

    public string? Mode { get; set; }

    /// <summary>The trade that was to be enlarged; null for a new one.</summary>
    public long? TradeId { get; set; }

    /// <summary>The price at the last try.</summary>
    public decimal? Price { get; set; }

    /// <summary>The quantity at the last try.</summary>
    public decimal? Quantity { get; set; }
}

/// <summary>
/// The table <c>breaker_refusals</c>, which only the server writes: a row for each event, bot, pair, side, mode and enlarged trade. A bot that
/// tries again adds to the count of its row, so that the table stays small however often it tries.
/// </summary>
internal static class BreakerRefusals
{
    public const string Table = "breaker_refusals";

    public static readonly RecordColumns<BreakerRefusal> Columns = new(
        Table, BreakerJson.Default.BreakerRefusal,
        Column.Computed("timestamp", ColumnKind.Time),
        Column.Computed("last_refused_at", ColumnKind.Time),
        Column.Whole("times"),
        Column.Whole("event_id"),
        Column.Bot(),
        Column.Pair(),
        Column.Text("side", longest: 10),
        Column.Text("mode", longest: 20),
        Column.Whole("trade_id"),
        Column.Money("price"),
        Column.Money("quantity"));

    public static readonly ListSql List = new(Table, Columns.Selection, "timestamp", ("event_id", "event_id = @event_id"), ("bot_name", "bot_name = @bot_name"))
    { TimeKey = "own_time_key(timestamp)" };

    private static readonly Sql Insert = new($"""
        INSERT INTO {Table}(timestamp, last_refused_at, times, event_id, bot_name, trading_pair, side, mode, trade_id, price, quantity)
        VALUES (@now, @now, 1, @event_id, @bot_name, @pair, @side, @mode, @trade_id, @price, @quantity)
        ON CONFLICT (event_id, coalesce(bot_name, ''), trading_pair, side, coalesce(mode, ''), coalesce(trade_id, 0)) DO UPDATE
        SET times = {Table}.times + 1, last_refused_at = excluded.last_refused_at, price = excluded.price, quantity = excluded.quantity
        """);

    private static readonly Sql Find = new($"SELECT {Columns.Selection} FROM {Table} WHERE id = @id");

    public static ValueTask<BreakerRefusal?> FindAsync(Session session, long id) => session.Prepare(Find).Set("id", (long?)id).FirstAsync(Columns.Read);

    /// <summary>Notes that an event refused a position.</summary>
    public static async ValueTask AddAsync(Session session, long eventId, WantedPosition wanted, DateTimeOffset now) => await session.Prepare(Insert)
        .Set("now", (DateTimeOffset?)now).Set("event_id", (long?)eventId).Set("bot_name", wanted.BotName).Set("pair", TradingPair.Upper(wanted.TradingPair))
        .Set("side", wanted.Side).Set("mode", wanted.Mode).Set("trade_id", wanted.TradeId).Set("price", wanted.Price).Set("quantity", wanted.Quantity).ExecuteAsync();
}

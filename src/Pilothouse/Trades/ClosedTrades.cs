using Pilothouse.Storage;

namespace Pilothouse.Trades;

/// <summary>What figures need of a closed trade; a pnl that is only what floats left over reads as 0 (docs/metrics.md).</summary>
internal readonly record struct TradeClosing(long Id, DateTimeOffset? OpenedAt, DateTimeOffset? ClosedAt, decimal? Pnl, decimal? Fees);

/// <summary>An entry of the log of closed trades.</summary>
/// <param name="IsNew">The trade became closed; else a closed one was changed, removed or put in another's place.</param>
internal readonly record struct TradeChangeEntry(long Sequence, long TradeId, bool IsNew);

/// <summary>Which closed trades to look at; null is any.</summary>
/// <param name="From">The first close, inclusive.</param>
/// <param name="To">The last close, inclusive.</param>
/// <param name="Strategy">Of the signal that the trade followed.</param>
internal sealed record ClosedTradeFilter(
    DateTimeOffset? From = null, string? TradingPair = null, string? Side = null, string? BotName = null, string? Mode = null, DateTimeOffset? To = null,
    string? Strategy = null)
{
    public bool Takes(DateTimeOffset closedAt) => !(closedAt < From) && !(closedAt > To);
}

/// <summary>Closed trades in the order in which they closed, and the log of what changed among them.</summary>
internal static class ClosedTrades
{
    private const string Columns = "id, timestamp, closed_at, pnl, fees, entry_price, quantity";

    private static readonly Sql[] Lists = [.. Enumerable.Range(0, 128).Select(Compose)];

    private static readonly Sql Find = new($"SELECT {Columns} FROM trades WHERE id = @id AND lower(status) = 'closed'");

    private static readonly Sql LastChange = new("SELECT max(seq) FROM trade_changes");

    private static readonly Sql FirstChange = new("SELECT min(seq) FROM trade_changes");

    private static readonly Sql Changes = new("SELECT seq, trade_id, kind FROM trade_changes WHERE seq > @seq ORDER BY seq LIMIT 10001");

    /// <summary>Old entries; a reader that has not come past them reads all trades anew.</summary>
    private static readonly Sql Purge = new("""
        DELETE FROM trade_changes WHERE seq IN (
          SELECT seq FROM trade_changes WHERE seq <= (SELECT max(seq) FROM trade_changes) - 100000 ORDER BY seq LIMIT 5000)
        """);

    /// <summary>Hands over every closed trade that fits, by the text of its close and then its id.</summary>
    public static ValueTask EachAsync(Session session, ClosedTradeFilter filter, Action<TradeClosing> take)
    {
        var mask = (filter.From is null ? 0 : 1) | (filter.TradingPair is null ? 0 : 2) | (filter.Side is null ? 0 : 4) | (filter.BotName is null ? 0 : 8) | (filter.Mode is null ? 0 : 16)
            | (filter.To is null ? 0 : 32) | (filter.Strategy is null ? 0 : 64);
        var statement = session.Prepare(Lists[mask]);
        statement = filter.From is { } from ? statement.Set("from", (DateTimeOffset?)from) : statement;
        statement = filter.TradingPair is { } pair ? statement.Set("trading_pair", pair) : statement;
        statement = filter.Side is { } side ? statement.Set("side", side) : statement;
        statement = filter.BotName is { } bot ? statement.Set("bot_name", bot) : statement;
        statement = filter.Mode is { } mode ? statement.Set("mode", mode) : statement;
        statement = filter.To is { } to ? statement.Set("to", Timestamps.ToStoredAfter(to)) : statement;
        statement = filter.Strategy is { } strategy ? statement.Set("strategy", strategy) : statement;
        return statement.EachAsync(row => take(Read(row)));
    }

    public static async ValueTask<TradeClosing?> FindAsync(Session session, long id) =>
        await session.Prepare(Find).Set("id", id).FirstAsync(static row => (TradeClosing?)Read(row));

    /// <summary>Sequence number of the log's newest entry; 0 if there is none.</summary>
    public static ValueTask<long> LastChangeAsync(Session session) => session.Prepare(LastChange).FirstAsync(static row => row.Whole(0) ?? 0);

    /// <summary>
    /// The entries after <paramref name="sequence"/>, in order, at most 10,001; null where some of them may have been purged.
    /// </summary>
    public static async ValueTask<List<TradeChangeEntry>?> ChangesAsync(Session session, long sequence)
    {
        var first = await session.Prepare(FirstChange).FirstAsync(static row => row.Whole(0));
        return first > sequence + 1
            ? null
            : await session.Prepare(Changes).Set("seq", sequence).ListAsync(static row => new TradeChangeEntry(row.Id(0), row.Id(1), row.Text(2) == "closed"));
    }

    /// <summary>Removes a batch of the log's old entries.</summary>
    /// <returns>How many.</returns>
    public static ValueTask<int> PurgeAsync(Session session) => session.Prepare(Purge).ExecuteAsync();

    private static TradeClosing Read(Row row) => new(row.Id(0), row.Time(1), row.Time(2), Pnl(row), row.Money(4));

    /// <summary>Other programs store what their floats left over; the prices are made decimals only where that may be so.</summary>
    private static decimal? Pnl(Row row)
    {
        var pnl = row.Money(3);
        return pnl is { } amount && row.Number(5) is { } entry && row.Number(6) is { } quantity && FloatResidue.IsPossible(amount, entry, quantity)
            && row.Money(5) is { } exactEntry && row.Money(6) is { } exactQuantity
            ? FloatResidue.Without(amount, exactEntry, exactQuantity)
            : pnl;
    }

    private static Sql Compose(int mask)
    {
        string[] conditions =
        [
            $"{TradeStore.CloseKey} >= @from", "upper(trading_pair) = @trading_pair", "upper(side) = @side", "bot_name = @bot_name", "lower(mode) = @mode",
            $"{TradeStore.CloseKey} < @to", "EXISTS (SELECT 1 FROM signals WHERE signals.id = trades.signal_id AND signals.strategy = @strategy)",
        ];
        var chosen = string.Concat(conditions.Where((_, i) => (mask & (1 << i)) != 0).Select(static condition => $" AND {condition}"));
        return new Sql($"SELECT {Columns} FROM trades WHERE lower(status) = 'closed'{chosen} ORDER BY {TradeStore.CloseKey}, id");
    }
}

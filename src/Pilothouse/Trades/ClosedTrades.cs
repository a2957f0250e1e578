using Pilothouse.Storage;

namespace Pilothouse.Trades;

/// <summary>What figures need of a closed trade; a pnl that is only what floats left over reads as 0 (docs/metrics.md).</summary>
/// <param name="Asset">In which pnl and fees are, as the pair says it; null where it does not.</param>
/// <param name="BotName">Read only where accounts are told apart.</param>
/// <param name="Mode">In lower case; read only where accounts are told apart.</param>
/// <param name="Fits">Whether it is one that was asked for; else it only moved the equity.</param>
internal readonly record struct TradeClosing(
    long Id, DateTimeOffset? OpenedAt, DateTimeOffset? ClosedAt, decimal? Pnl, decimal? Fees, string? Asset = null, string? BotName = null, string? Mode = null, bool Fits = true);

/// <summary>Which other trades are handed over beside those that were asked for, because they moved the same equity.</summary>
internal enum TradesBeside
{
    /// <summary>None.</summary>
    None,

    /// <summary>Those of the same bot and mode, whatever their pair, side and strategy.</summary>
    OfBotAndMode,

    /// <summary>Those of the same bot, whatever their mode as well, since a bot's reports may say another.</summary>
    OfBot,

    /// <summary>Those of everybody.</summary>
    OfAll,
}

/// <summary>Which closed trades to look at; null is any.</summary>
/// <param name="From">The first close, inclusive.</param>
/// <param name="To">The last close, inclusive.</param>
/// <param name="Strategy">Of the signal that the trade followed.</param>
/// <param name="Currency">The settle asset, in upper case; it chooses trades and not rows.</param>
internal sealed record ClosedTradeFilter(
    DateTimeOffset? From = null, string? TradingPair = null, string? Side = null, string? BotName = null, string? Mode = null, DateTimeOffset? To = null,
    string? Strategy = null, string? Currency = null)
{
    public bool Takes(DateTimeOffset closedAt) => !(closedAt < From) && !(closedAt > To);
}

/// <summary>Closed trades in the order in which they closed, and what changed among them.</summary>
internal static class ClosedTrades
{
    public const string Columns = "id, time_of(timestamp), time_of(closed_at), pnl, fees, entry_price, quantity, bot_name, lower(mode), trading_pair";

    private static readonly string[] Conditions =
    [
        $"{TradeStore.CloseKey} >= @from", $"{TradeStore.CloseKey} < @to", "bot_name = @bot_name", "lower(mode) = @mode",
        "upper(trading_pair) = @trading_pair", $"{NewTrade.Sides.ReadFrom("side")} = @side",
        "EXISTS (SELECT 1 FROM signals WHERE signals.id = trades.signal_id AND signals.strategy = @strategy)",
    ];

    /// <summary>By the conditions of a question, and how many of them only say whether a row was asked for.</summary>
    private static readonly Sql?[] Lists = new Sql?[128 * (1 + (int)TradesBeside.OfAll)];

    private static readonly Sql Find = new($"SELECT {Columns} FROM trades WHERE id = @id AND lower(status) = 'closed'");

    /// <summary>What a trade's closing or the change of a closed one left in the log; there is an index on this very condition.</summary>
    private static readonly Sql Changes = new("""
        SELECT seq, table_name, row_id, kind, was_closed FROM changes
        WHERE table_name = 'trades' AND (kind = 'closed' OR was_closed = 1) AND seq > @seq ORDER BY seq LIMIT @limit
        """);

    /// <summary>
    /// Hands over every closed trade that fits, and those <paramref name="beside"/> it within the same time, by the text of its close and
    /// then its id.
    /// </summary>
    public static ValueTask EachAsync(Session session, ClosedTradeFilter filter, TradesBeside beside, Action<TradeClosing> take)
    {
        object?[] values = [filter.From, filter.To, filter.BotName, filter.Mode, filter.TradingPair, filter.Side, filter.Strategy];
        var mask = values.Select(static (value, i) => value is null ? 0 : 1 << i).Sum();
        var statement = session.Prepare(Lists[mask + (128 * (int)beside)] ??= Compose(mask, beside));
        statement = filter.From is { } from ? statement.Set("from", (DateTimeOffset?)from) : statement;
        statement = filter.To is { } to ? statement.Set("to", Timestamps.ToStoredAfter(to)) : statement;
        statement = filter.BotName is { } bot ? statement.Set("bot_name", bot) : statement;
        statement = filter.Mode is { } mode ? statement.Set("mode", mode) : statement;
        statement = filter.TradingPair is { } pair ? statement.Set("trading_pair", pair) : statement;
        statement = filter.Side is { } side ? statement.Set("side", side) : statement;
        statement = filter.Strategy is { } strategy ? statement.Set("strategy", strategy) : statement;
        var withAccounts = beside >= TradesBeside.OfBot;
        var assets = new Dictionary<string, string?>(StringComparer.Ordinal);
        return statement.EachAsync(row => take(Read(row) with
        {
            BotName = withAccounts ? row.Text(7) : null,
            Mode = withAccounts ? row.Text(8) : null,
            Asset = AssetOf(row, assets),
            Fits = row.Whole(10) == 1,
        }));
    }

    public static async ValueTask<TradeClosing?> FindAsync(Session session, long id) =>
        await session.Prepare(Find).Set("id", id).FirstAsync(
            static row => (TradeClosing?)(Read(row) with { Asset = SettleAsset.Of(row.Text(9)), BotName = row.Text(7), Mode = row.Text(8) }));

    /// <summary>What happened to closed trades after <paramref name="position"/> in the log of changes, in order, at most <paramref name="most"/>.</summary>
    public static ValueTask<List<Change>> ChangesAsync(Session session, long position, int most) =>
        session.Prepare(Changes).Set("seq", position).Set("limit", (long)most).ListAsync(ChangeLog.Read);

    /// <summary>A file has few pairs and many trades.</summary>
    private static string? AssetOf(Row row, Dictionary<string, string?> known)
    {
        if (row.Text(9) is not { } pair)
        {
            return null;
        }

        if (!known.TryGetValue(pair, out var asset))
        {
            known[pair] = asset = SettleAsset.Of(pair);
        }

        return asset;
    }

    public static TradeClosing Read(Row row) => new(row.Id(0), row.Time(1), row.Time(2), Pnl(row), row.Money(4));

    /// <summary>Other programs store what their floats left over; the prices are made decimals only where that may be so.</summary>
    private static decimal? Pnl(Row row)
    {
        var pnl = row.Money(3);
        return pnl is { } amount && row.Number(5) is { } entry && row.Number(6) is { } quantity
            && FloatResidue.IsPossible(amount, entry, quantity) && row.Money(5) is { } exactEntry && row.Money(6) is { } exactQuantity
            ? FloatResidue.Without(amount, exactEntry, exactQuantity)
            : pnl;
    }

    private static Sql Compose(int mask, TradesBeside beside)
    {
        // As many of the conditions, from the first, choose rows; the others only say of a row whether it was asked for.
        var choosing = beside switch { TradesBeside.None => 7, TradesBeside.OfBotAndMode => 4, TradesBeside.OfBot => 3, _ => 2 };
        var asked = Conditions.Index().Where(condition => (mask & (1 << condition.Index)) != 0).ToList();
        var chosen = string.Concat(asked.Where(condition => condition.Index < choosing).Select(static condition => $" AND {condition.Item}"));
        var fitting = string.Concat(asked.Where(condition => condition.Index >= choosing).Select(static condition => $" AND coalesce({condition.Item}, 0)"));
        return new Sql($"SELECT {Columns}, 1{fitting} FROM trades WHERE lower(status) = 'closed'{chosen} ORDER BY {TradeStore.CloseKey}, id");
    }
}

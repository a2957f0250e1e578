using Pilothouse.Storage;

namespace Pilothouse.Trades;

/// <summary>What figures need of a closed trade. A pnl that is only a rounding error of floats is read as 0 (docs/metrics.md).</summary>
/// <param name="Fees">In <paramref name="Asset"/>, whatever asset they were paid in; null if they are not known.</param>
/// <param name="Asset">The asset of pnl and fees: the trade's own, else that of its pair; null if neither names one.</param>
/// <param name="BotName">Only read if accounts are told apart.</param>
/// <param name="Mode">The mode in lower case; only read if accounts are told apart.</param>
/// <param name="Fits">Whether the filter selects it. If not, it only changed the equity.</param>
/// <param name="Traits">By what trades are told apart; only read if that is asked for.</param>
/// <param name="ExitReason">Why it was closed; only read with the traits.</param>
/// <param name="PnlPercentage">The profit in percent of the margin, as GET /api/trades shows it; only read if that is asked for.</param>
internal readonly record struct TradeClosing(
    long Id, DateTimeOffset? OpenedAt, DateTimeOffset? ClosedAt, decimal? Pnl, decimal? Fees, string? Asset = null, string? BotName = null, string? Mode = null,
    bool Fits = true, TradeTraits? Traits = null, string? ExitReason = null, decimal? PnlPercentage = null);

/// <summary>Reads closed trades in the order in which they closed, and their changes.</summary>
internal static class ClosedTrades
{
    public const string Columns = """
        id, time_of(timestamp), time_of(closed_at), pnl, fees, entry_price, quantity, bot_name, lower(mode), trading_pair,
        settle_asset, contract_size, contract_type, fee_asset, fee_rate
        """;

    /// <summary>The index of the column behind <see cref="Columns"/>.</summary>
    private const int Marked = 15;

    /// <summary>The index of the exit reason among <see cref="TraitColumns"/> behind it.</summary>
    private const int ExitReason = Marked + 3;

    /// <summary>The index of the column behind <see cref="TraitColumns"/>.</summary>
    public const int AfterTraits = Marked + 6;

    /// <summary>What <see cref="TradeTraits"/> are read from; behind <see cref="Columns"/> and one more column.</summary>
    public const string TraitColumns =
        "side, coalesce(trades.strategy, (SELECT signals.strategy FROM signals WHERE signals.id = trades.signal_id)), exit_reason, leverage, pnl_percentage";

    private static readonly string[] Conditions =
    [
        $"{TradeStore.CloseKey} >= @from", $"{TradeStore.CloseKey} < @to", "bot_name = @bot_name", "lower(mode) = @mode",
        "upper(trading_pair) = @trading_pair", $"{NewTrade.Sides.ReadFrom("side")} = @side",
        "coalesce(trades.strategy, (SELECT signals.strategy FROM signals WHERE signals.id = trades.signal_id)) = @strategy",
    ];

    /// <summary>How many selections of conditions there are.</summary>
    private const int Masks = 128;

    /// <summary>
    /// The queries, by the conditions of a filter, by how many of these only mark rows and do not select them, and by whether they read the
    /// traits.
    /// </summary>
    private static readonly Sql?[] Lists = new Sql?[2 * Masks * (1 + (int)TradesBeside.OfAll)];

    private static readonly Sql Find = new($"SELECT {Columns}, 1, {TraitColumns} FROM trades WHERE id = @id AND lower(status) = 'closed'");

    /// <summary>The log entries of a trade's close or of a change of a closed trade. There is an index on exactly this condition.</summary>
    private static readonly Sql Changes = new("""
        SELECT seq, table_name, row_id, kind, was_closed FROM changes
        WHERE table_name = 'trades' AND (kind = 'closed' OR was_closed = 1) AND seq > @seq ORDER BY seq LIMIT @limit
        """);

    /// <summary>The closed trades whose strategy is that of a signal which has another now, or came or went. There is an index on exactly these kinds.</summary>
    private static readonly Sql OfChangedSignals = new("""
        SELECT DISTINCT trades.id FROM changes CROSS JOIN trades
        WHERE changes.kind IN ('moved', 'removed') AND changes.seq > @seq AND changes.table_name = 'signals' AND trades.signal_id = changes.row_id
          AND trades.strategy IS NULL AND unindexed:lower(trades.status) = 'closed'
        """);

    /// <summary>
    /// Passes on every closed trade that the filter selects, and those <paramref name="beside"/> them in the same time window, ordered by
    /// the stored text of the close and then by id.
    /// </summary>
    public static ValueTask EachAsync(
        Session session, ClosedTradeFilter filter, TradesBeside beside, Action<TradeClosing> take, TraitsRead traits = TraitsRead.None)
    {
        var withTraits = traits != TraitsRead.None;
        object?[] values = [filter.From, filter.To, filter.BotName, filter.Mode, filter.TradingPair, filter.Side, filter.Strategy];
        var mask = values.Select(static (value, i) => value is null ? 0 : 1 << i).Sum();
        var statement = session.Prepare(Lists[mask + (Masks * ((2 * (int)beside) + (withTraits ? 1 : 0)))] ??= Compose(mask, beside, withTraits));
        statement = filter.From is { } from ? statement.Set("from", (DateTimeOffset?)from) : statement;
        statement = filter.To is { } to ? statement.Set("to", Timestamps.ToStoredAfter(to)) : statement;
        statement = filter.BotName is { } bot ? statement.Set("bot_name", bot) : statement;
        statement = filter.Mode is { } mode ? statement.Set("mode", mode) : statement;
        statement = filter.TradingPair is { } pair ? statement.Set("trading_pair", pair) : statement;
        statement = filter.Side is { } side ? statement.Set("side", side) : statement;
        statement = filter.Strategy is { } strategy ? statement.Set("strategy", strategy) : statement;
        var withAccounts = beside >= TradesBeside.OfBot || withTraits;
        return statement.EachAsync(row => take(Read(row) with
        {
            BotName = withAccounts ? row.Word(7) : null,
            Mode = withAccounts ? row.Word(8) : null,
            Fits = row.Whole(Marked) == 1,
            Traits = withTraits ? TraitsOf(row) : null,
            ExitReason = withTraits ? row.Word(ExitReason) : null,
            PnlPercentage = traits == TraitsRead.All ? PercentageOf(row) : null,
        }));
    }

    public static async ValueTask<TradeClosing?> FindAsync(Session session, long id) =>
        await session.Prepare(Find).Set("id", id).FirstAsync(
            static row => (TradeClosing?)(Read(row) with
            {
                BotName = row.Text(7),
                Mode = row.Text(8),
                Traits = TraitsOf(row),
                ExitReason = row.Text(ExitReason),
                PnlPercentage = PercentageOf(row),
            }));

    /// <summary>
    /// Returns the changes of closed trades after <paramref name="position"/> in the log of changes, in order, at most
    /// <paramref name="most"/>.
    /// </summary>
    public static ValueTask<List<Change>> ChangesAsync(Session session, long position, int most) =>
        session.Prepare(Changes).Set("seq", position).Set("limit", (long)most).ListAsync(ChangeLog.Read);

    /// <summary>Returns the closed trades whose signal, and so maybe their strategy, was changed since a position in the log of changes.</summary>
    public static ValueTask<List<long>> OfChangedSignalsAsync(Session session, long position) =>
        session.Prepare(OfChangedSignals).Set("seq", position).ListAsync(static row => row.Id(0));

    /// <summary>Returns the trades that have closed since a position of the log of changes, in the order of the log.</summary>
    /// <param name="most">The most changes that are followed.</param>
    /// <returns>Null if all trades must be read again: more has happened, or a closed trade was changed or removed, or the log is not kept as far back.</returns>
    public static async ValueTask<List<TradeClosing>?> ClosedSinceAsync(Session session, long position, int most)
    {
        if (!await ChangeLog.ReachesAsync(session, position))
        {
            return null;
        }

        var changes = await ChangesAsync(session, position, most + 1);
        if (changes.Count > most || changes.Any(static change => change.WasClosed))
        {
            return null;
        }

        var rows = new List<TradeClosing>(changes.Count);
        foreach (var change in changes)
        {
            if (await FindAsync(session, change.RowId) is not { } row)
            {
                return null;
            }

            rows.Add(row);
        }

        return rows;
    }

    /// <summary>Reads a row of <see cref="Columns"/>, without its bot and mode.</summary>
    public static TradeClosing Read(Row row)
    {
        var pair = PairAsset.Of(row.Word(9));
        var asset = pair.SettleOf(row.Word(10));
        return new(row.Id(0), row.Time(1), row.Time(2), Pnl(row, pair.IsInverseIn(asset)), Fees(row, asset), asset);
    }

    /// <summary>
    /// Reads the pnl. Other programs store rounding errors of floats; prices are converted to decimals only if the pnl may be such an
    /// error.
    /// </summary>
    private static decimal? Pnl(Row row, bool isInverseByPair)
    {
        var pnl = row.Money(3);
        if (pnl is not { } amount || row.Number(5) is not { } entry || row.Number(6) is not { } quantity)
        {
            return pnl;
        }

        var contract = TradeContract.Of(row.Money(11), row.Text(12), isInverseByPair);
        return FloatResidue.IsPossible(amount, entry, quantity, contract) && row.Money(5) is { } exactEntry && row.Money(6) is { } exactQuantity
            ? FloatResidue.Without(amount, exactEntry, exactQuantity, contract)
            : pnl;
    }

    private static decimal? Fees(Row row, string? asset)
    {
        var fees = row.Money(4);
        return fees is null || row.Text(13) is not { } paidIn ? fees : InSettleAsset(fees.Value, TradeTerms.RateOf(paidIn, row.Money(14), asset));
    }

    private static decimal? InSettleAsset(decimal fees, decimal? rate)
    {
        try
        {
            return fees * rate;
        }
        catch (OverflowException)
        {
            return null;
        }
    }

    private static TradeTraits TraitsOf(Row row)
    {
        var side = row.Word(Marked + 1);
        return new(row.Word(9), NewTrade.Sides.Normal(side) ?? side, row.Word(Marked + 2));
    }

    /// <summary>Returns the profit in percent of the margin from a row with <see cref="TraitColumns"/>.</summary>
    public static decimal? PercentageOf(Row row) => row.Money(Marked + 5) ?? Percentage(row);

    /// <summary>Returns the profit in percent of the margin, as GET /api/trades shows it where the row has none.</summary>
    private static decimal? Percentage(Row row)
    {
        var pair = PairAsset.Of(row.Text(9));
        var isInverse = pair.IsInverseIn(pair.SettleOf(row.Text(10)));
        return Pnl(row, isInverse) is { } pnl && row.Money(5) is { } entry && row.Money(6) is { } quantity
            && TradePnl.Percentage(pnl, entry, quantity, row.Money(Marked + 4) ?? 1, TradeContract.Of(row.Money(11), row.Text(12), isInverse)) is { } part
            ? Exact.ToDecimal(Exact.ToDouble(part)) : null;
    }

    private static Sql Compose(int mask, TradesBeside beside, bool withTraits)
    {
        // The number of conditions, counted from the first, that select rows. The others only mark whether the filter selects a row.
        var choosing = beside switch { TradesBeside.None => 7, TradesBeside.OfBotAndMode => 4, TradesBeside.OfBot => 3, _ => 2 };
        var asked = Conditions.Index().Where(condition => (mask & (1 << condition.Index)) != 0).ToList();
        var chosen = string.Concat(asked.Where(condition => condition.Index < choosing).Select(static condition => $" AND {condition.Item}"));
        var fitting = string.Concat(asked.Where(condition => condition.Index >= choosing).Select(static condition => $" AND {condition.Item}"));
        return new Sql($"SELECT {Columns}, CASE WHEN 1 = 1{fitting} THEN 1 ELSE 0 END{(withTraits ? $", {TraitColumns}" : "")} FROM trades WHERE lower(status) = 'closed'{chosen} ORDER BY {TradeStore.CloseKey}, id");
    }
}

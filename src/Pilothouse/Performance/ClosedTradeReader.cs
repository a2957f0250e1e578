using Pilothouse.Storage;
using Pilothouse.Trades;

namespace Pilothouse.Performance;

/// <summary>Reads closed trades from the database and computes figures over them.</summary>
internal static class ClosedTradeReader
{
    /// <summary>
    /// Returns the figures of all closed trades that match the filter. It needs one pass, unless another program stored times whose text
    /// does not sort by time.
    /// </summary>
    /// <param name="session">A snapshot.</param>
    /// <param name="question">What is asked for.</param>
    /// <param name="source">Where the equity comes from.</param>
    /// <param name="closes">What had closed until any time, as the snapshot sees it; null reads every earlier trade.</param>
    /// <param name="also">Takes each row in the order of the closes; it returns a fresh taker for each pass.</param>
    public static async ValueTask<PerformanceFigures> ReadAsync(
        Session session, WindowQuestion question, EquitySource source, EarlierCloses? closes, Func<Action<TradeClosing>>? also = null)
    {
        var history = await AccountHistory.ReadAsync(session, source, question.Filter, closes);
        var filter = source.NeedsEarlier && history.BeforeWindow is null ? question.Filter with { From = null } : question.Filter;
        var beside = also is null ? source.Beside(question.Filter) : TradesBeside.OfAll;
        var window = new TradeWindow(question, source, history);
        var take = also?.Invoke();
        var inOrder = true;
        await EachAsync(session, filter, beside, TraitsRead.None, row =>
        {
            inOrder = inOrder && window.TryAdd(row);
            take?.Invoke(row);
        }, question.Cancel);
        if (!inOrder)
        {
            window = new TradeWindow(question, source, history with { Assets = history.Assets.Copy() }) { IsSorted = true };
            take = also?.Invoke();
            foreach (var row in await SortedAsync(session, filter, beside, TraitsRead.None, question.Cancel))
            {
                window.TryAdd(row);
                take?.Invoke(row);
            }
        }

        return window.Figures();
    }

    /// <summary>Returns a fold over the closed trades that match the filter, with their traits, in the order of the closes.</summary>
    /// <param name="begin">Returns an empty fold.</param>
    public static async ValueTask<TradeFold> FoldAsync(Session session, ClosedTradeFilter filter, Func<TradeFold> begin, CancellationToken cancel)
    {
        var fold = begin();
        var inOrder = true;
        await EachAsync(session, filter, TradesBeside.None, fold.Traits, row => inOrder = inOrder && (!Takes(filter, row) || fold.TryAdd(row)), cancel);
        if (!inOrder)
        {
            fold = begin();
            foreach (var row in (await SortedAsync(session, filter, TradesBeside.None, fold.Traits, cancel)).Where(row => Takes(filter, row)))
            {
                fold.TryAdd(row);
            }
        }

        return fold;
    }

    private static bool Takes(ClosedTradeFilter filter, in TradeClosing row) =>
        filter.Takes(Of(row).ClosedAt) && (filter.Currency is null || filter.Currency == (row.Asset ?? SettleAsset.Reporting));

    private static async ValueTask<IEnumerable<TradeClosing>> SortedAsync(
        Session session, ClosedTradeFilter filter, TradesBeside beside, TraitsRead traits, CancellationToken cancel)
    {
        var rows = new List<TradeClosing>();
        await EachAsync(session, filter, beside, traits, rows.Add, cancel);
        return rows.OrderBy(static row => Of(row).ClosedAt).ThenBy(static row => row.Id);
    }

    private static ValueTask EachAsync(
        Session session, ClosedTradeFilter filter, TradesBeside beside, TraitsRead traits, Action<TradeClosing> each, CancellationToken cancel) =>
        ClosedTrades.EachAsync(session, filter, beside, row =>
        {
            cancel.ThrowIfCancellationRequested();
            each(row);
        }, traits);

    /// <summary>Returns the trade of a row. A missing closing time is the timestamp, a missing pnl or fee is 0 (docs/metrics.md).</summary>
    public static ClosedTrade Of(TradeClosing row)
    {
        var closed = row.ClosedAt ?? row.OpenedAt ?? DateTimeOffset.MinValue;
        return new(row.Id, row.OpenedAt ?? closed, closed, row.Pnl ?? 0, row.Fees ?? 0, row.Asset);
    }
}

/// <summary>A question about the trades of a window.</summary>
/// <param name="Filter">Selects the trades, with the bounds of the window.</param>
/// <param name="End">The end of the window; null for the last close.</param>
/// <param name="Now">The time of the question.</param>
/// <param name="WithSeries">Whether the states of the equity are asked for.</param>
internal sealed record WindowQuestion(
    ClosedTradeFilter Filter, TimeZoneInfo Zone, DateTimeOffset? End, DateTimeOffset Now, bool WithSeries = false, CancellationToken Cancel = default);

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
    /// <param name="rows">The trades of a snapshot.</param>
    /// <param name="question">What is asked for.</param>
    /// <param name="source">Where the equity comes from.</param>
    /// <param name="closes">What had closed until any time, as the snapshot sees it; null reads every earlier trade.</param>
    /// <param name="also">Takes each row in the order of the closes; it returns a fresh taker for each pass.</param>
    public static async ValueTask<PerformanceFigures> ReadAsync(
        TradeRows rows, WindowQuestion question, EquitySource source, EarlierCloses? closes, Func<Action<TradeClosing>>? also = null)
    {
        var history = await AccountHistory.ReadAsync(rows.Session, source, question.Filter, closes);
        var filter = source.NeedsEarlier && history.BeforeWindow is null ? question.Filter with { From = null } : question.Filter;
        var beside = also is null ? source.Beside(question.Filter) : TradesBeside.OfAll;
        var window = new TradeWindow(question, source, history);
        var take = also?.Invoke();
        var inOrder = true;
        await rows.EachAsync(filter, beside, TraitsRead.None, row =>
        {
            inOrder = inOrder && window.TryAdd(row);
            take?.Invoke(row);
        }, question.Cancel);
        if (!inOrder)
        {
            window = new TradeWindow(question, source, history with { Assets = history.Assets.Copy() }) { IsSorted = true };
            take = also?.Invoke();
            foreach (var row in await SortedAsync(rows, filter, beside, TraitsRead.None, question.Cancel))
            {
                window.TryAdd(row);
                take?.Invoke(row);
            }
        }

        var figures = window.Figures();
        return figures.Currencies?.Needed is { } kind and not Converted.None ? await ConvertedAsync(rows, question, source, kind) : figures;
    }

    /// <summary>Reads again what consists of several currencies, and converts it. Every earlier trade is read then.</summary>
    private static async ValueTask<PerformanceFigures> ConvertedAsync(
        TradeRows rows, WindowQuestion question, EquitySource source, Converted kind)
    {
        var filter = source.NeedsEarlier ? question.Filter with { From = null } : question.Filter;
        var beside = source.Beside(question.Filter);
        var conversion = await Conversion.ReadAsync(
            rows.Session, question, source, kind, take => rows.EachAsync(filter, beside, TraitsRead.None, take, question.Cancel));
        var history = await AccountHistory.ReadAsync(rows.Session, source, conversion);
        var window = new TradeWindow(question, source, history with { Assets = history.Assets.Copy() }, conversion);
        var inOrder = true;
        await rows.EachAsync(filter, beside, TraitsRead.None, row => inOrder = inOrder && window.TryAdd(row), question.Cancel);
        if (!inOrder)
        {
            window = new TradeWindow(question, source, history with { Assets = history.Assets.Copy() }, conversion) { IsSorted = true };
            foreach (var row in await SortedAsync(rows, filter, beside, TraitsRead.None, question.Cancel))
            {
                window.TryAdd(row);
            }
        }

        var figures = window.Figures();
        figures.Conversion = conversion;
        return figures;
    }

    /// <summary>Returns a fold over the closed trades that match the filter, with their traits, in the order of the closes.</summary>
    /// <param name="question">Of the window, the zone and the money.</param>
    /// <param name="view">What is asked for.</param>
    public static async ValueTask<TradeFold> FoldAsync(TradeRows rows, WindowQuestion question, PerformanceView view)
    {
        var fold = await FoldAsync(rows, question, view, null);
        if (!fold.NeedsConversion)
        {
            return fold;
        }

        var wanted = new List<TradeClosing>();
        await rows.EachAsync(question.Filter, TradesBeside.None, TraitsRead.None, row =>
        {
            if (!question.Units.IsReporting(row.Asset))
            {
                wanted.Add(row);
            }
        }, question.Cancel);
        return await FoldAsync(rows, question, view, await Conversion.ReadAsync(rows.Session, question.Units, wanted, question.Now));
    }

    private static async ValueTask<TradeFold> FoldAsync(TradeRows rows, WindowQuestion question, PerformanceView view, Conversion? conversion)
    {
        var fold = Begin();
        var inOrder = true;
        await rows.EachAsync(question.Filter, TradesBeside.None, fold.Traits, row => inOrder = inOrder && (!Takes(question, row) || fold.TryAdd(row)), question.Cancel);
        if (!inOrder)
        {
            fold = Begin();
            foreach (var row in (await SortedAsync(rows, question.Filter, TradesBeside.None, fold.Traits, question.Cancel)).Where(row => Takes(question, row)))
            {
                fold.TryAdd(row);
            }
        }

        return fold;

        TradeFold Begin()
        {
            var empty = TradeFold.For(view, question.Zone, question.Units, conversion is not null)!;
            empty.Conversion = conversion;
            return empty;
        }
    }

    private static bool Takes(WindowQuestion question, in TradeClosing row) =>
        question.Filter.Takes(Of(row).ClosedAt) && (question.Filter.Currency is null || question.Filter.Currency == question.Units.Of(row.Asset));

    private static async ValueTask<IEnumerable<TradeClosing>> SortedAsync(
        TradeRows rows, ClosedTradeFilter filter, TradesBeside beside, TraitsRead traits, CancellationToken cancel)
    {
        var all = new List<TradeClosing>();
        await rows.EachAsync(filter, beside, traits, all.Add, cancel);
        return all.OrderBy(static row => Of(row).ClosedAt).ThenBy(static row => row.Id);
    }

    /// <summary>Returns the trade of a row. A missing closing time is the timestamp, a missing pnl or fee is 0 (docs/metrics.md).</summary>
    public static ClosedTrade Of(in TradeClosing row)
    {
        var closed = row.ClosedAt ?? row.OpenedAt ?? DateTimeOffset.MinValue;
        return new(row.Id, row.OpenedAt ?? closed, closed, row.Pnl ?? 0, row.Fees ?? 0, row.Asset);
    }
}

/// <summary>A question about the trades of a window.</summary>
/// <param name="Filter">Selects the trades, with the bounds of the window.</param>
/// <param name="End">The end of the window; null for the last close.</param>
/// <param name="Now">The time of the question.</param>
/// <param name="Units">Which amounts may be added.</param>
/// <param name="WithSeries">Whether the states of the equity are asked for.</param>
internal sealed record WindowQuestion(
    ClosedTradeFilter Filter, TimeZoneInfo Zone, DateTimeOffset? End, DateTimeOffset Now, MoneyUnits Units, bool WithSeries = false, CancellationToken Cancel = default);

using Pilothouse.Storage;
using Pilothouse.Trades;

namespace Pilothouse.Performance;

/// <summary>Reads closed trades from the database into figures.</summary>
internal static class ClosedTradeReader
{
    /// <summary>All closed trades that fit. One pass, unless another program stored times whose text does not sort as they do.</summary>
    public static async ValueTask<PerformanceFigures> ReadAsync(Session session, ClosedTradeFilter filter, decimal? startingBalance, TimeZoneInfo zone, CancellationToken cancel)
    {
        var figures = new PerformanceFigures(startingBalance, zone);
        var inOrder = true;
        await ClosedTrades.EachAsync(session, filter, row =>
        {
            cancel.ThrowIfCancellationRequested();
            var trade = Of(row);
            inOrder = inOrder && (!filter.Takes(trade.ClosedAt) || TryAdd(figures, trade));
        });
        return inOrder ? figures : await SortAsync(session, filter, startingBalance, zone, cancel);
    }

    /// <summary>A missing close is the timestamp, a missing pnl or fee is 0 (docs/metrics.md).</summary>
    public static ClosedTrade Of(TradeClosing row)
    {
        var closed = row.ClosedAt ?? row.OpenedAt ?? DateTimeOffset.MinValue;
        return new(row.Id, row.OpenedAt ?? closed, closed, row.Pnl ?? 0, row.Fees ?? 0);
    }

    private static bool TryAdd(PerformanceFigures figures, in ClosedTrade trade)
    {
        if (!figures.CanAppend(trade))
        {
            return false;
        }

        figures.Add(trade);
        return true;
    }

    private static async ValueTask<PerformanceFigures> SortAsync(Session session, ClosedTradeFilter filter, decimal? startingBalance, TimeZoneInfo zone, CancellationToken cancel)
    {
        var trades = new List<ClosedTrade>();
        await ClosedTrades.EachAsync(session, filter, row =>
        {
            cancel.ThrowIfCancellationRequested();
            trades.Add(Of(row));
        });
        var figures = new PerformanceFigures(startingBalance, zone);
        var taken = trades.Where(trade => filter.Takes(trade.ClosedAt));
        foreach (var trade in taken.OrderBy(static trade => trade.ClosedAt).ThenBy(static trade => trade.Id))
        {
            figures.Add(trade);
        }

        return figures;
    }
}

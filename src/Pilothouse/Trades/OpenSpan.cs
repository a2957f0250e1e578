using Pilothouse.Storage;

namespace Pilothouse.Trades;

/// <summary>What was open of a closed trade between one of its fills and the next (docs/metrics.md, "Prices").</summary>
/// <param name="Trade">The trade.</param>
/// <param name="From">The time of the first fill, inclusive.</param>
/// <param name="To">The time of the next, inclusive.</param>
/// <param name="Quantity">What was open.</param>
/// <param name="Cost">Its average cost.</param>
/// <param name="Begins">The price of the first fill.</param>
/// <param name="Ends">The price of the next; null if the trade says none.</param>
internal sealed record OpenSpan(
    Trade Trade, DateTimeOffset From, DateTimeOffset To, decimal? Quantity, decimal? Cost, decimal? Begins, decimal? Ends)
{
    /// <summary>
    /// Returns the spans of closed trades that have a begin and an end. A trade whose fills do not fit together, as other programs may store
    /// them, has none.
    /// </summary>
    public static async ValueTask<List<OpenSpan>> OfAsync(Session session, IReadOnlyList<Trade> trades)
    {
        var filled = await FillStore.OfTradesAsync(session, trades);
        return [.. trades.SelectMany(trade => filled.TryGetValue(trade.Id, out var fills) ? Of(trade, ShownFills.Of(trade, fills)) : [WholeOf(trade)])];
    }

    /// <summary>What it would have earned at a price, without fees and funding, in the settle asset; null if that cannot be computed.</summary>
    public decimal? GainAt(decimal price) => TradeGain.At(Trade, Quantity, Cost, price);

    private static OpenSpan WholeOf(Trade trade) =>
        new(trade, trade.Timestamp!.Value, trade.ClosedAt!.Value, trade.Quantity, trade.EntryPrice, trade.EntryPrice, trade.ExitPrice);

    private static List<OpenSpan> Of(Trade trade, List<Fill> fills)
    {
        var spans = new List<OpenSpan>();
        if (NewTrade.Sides.Normal(trade.Side) is not { } side)
        {
            return spans;
        }

        var position = new FilledPosition(TradeTerms.Of(trade).Contract, side == "BUY", feeRate: 1);
        foreach (var (fill, next) in fills.Zip(fills.Skip(1)))
        {
            if (position.TryAdd(fill, out _) != PositionFault.None || (fill.FilledAt ?? trade.Timestamp) is not { } from || next.FilledAt is not { } to)
            {
                return [];
            }

            if (position.Open > 0)
            {
                spans.Add(new(trade, from, to, position.Open, position.AverageCost, fill.Price, next.Price));
            }
        }

        return position.TryAdd(fills[^1], out _) == PositionFault.None ? spans : [];
    }
}

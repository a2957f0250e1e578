using Pilothouse.Storage;
using Pilothouse.Trades;

namespace Pilothouse.Performance;

/// <summary>
/// Sums what had closed until a time, as one snapshot sees it: from the kept sums, which may be of a moment before or after the snapshot,
/// and from the few trades behind them.
/// </summary>
internal sealed class EarlierCloses
{
    private const int MostUnknown = 1000;
    private readonly ClosedSums sums;
    private readonly long newest;
    private readonly ClosePlace? firstUnknown;

    private EarlierCloses(ClosedSums sums, long newest, ClosePlace? firstUnknown)
    {
        this.sums = sums;
        this.newest = newest;
        this.firstUnknown = firstUnknown;
    }

    /// <summary>Returns it for the snapshot of a session; null if the sums tell nothing about that snapshot.</summary>
    public static async ValueTask<EarlierCloses?> OfAsync(Session session, ClosedSums? sums)
    {
        if (sums is null)
        {
            return null;
        }

        var (position, newest) = (sums.Position, await ChangeLog.NewestAsync(session));
        if (sums.BeganAt > newest || position >= newest)
        {
            return sums.BeganAt > newest ? null : new(sums, newest, null);
        }

        if (await ClosedTrades.ClosedSinceAsync(session, position, MostUnknown) is not { } rows)
        {
            return null;
        }

        return new(sums, newest, rows.Count == 0 ? null : rows.ConvertAll(static row => PlaceOf(row)).Min());
    }

    /// <summary>Returns the pnl of the trades that closed before the time, or until it, by owner.</summary>
    /// <param name="isIncluded">Whether a close at that very time counts.</param>
    public async ValueTask<IReadOnlyCollection<OwnerSum>> UntilAsync(Session session, DateTimeOffset time, bool isIncluded)
    {
        var (known, from) = sums.NearBefore(time, newest, firstUnknown);
        if (from is not { } place)
        {
            return known;
        }

        var all = known.ToDictionary(static sum => sum.Owner);
        var filter = new ClosedTradeFilter(place.ClosedAt == DateTimeOffset.MinValue ? null : place.ClosedAt, To: time);
        await ClosedTrades.EachAsync(session, filter, TradesBeside.OfAll, row =>
        {
            var trade = ClosedTradeReader.Of(row);
            if (PlaceOf(row).CompareTo(place) >= 0 && (isIncluded ? trade.ClosedAt <= time : trade.ClosedAt < time))
            {
                var owner = new SumOwner(row.BotName, row.Mode, trade.Asset);
                var before = all.GetValueOrDefault(owner);
                all[owner] = new(owner, before.Pnl.Plus(trade.Pnl), before.Trades + 1);
            }
        });
        return all.Values;
    }

    private static ClosePlace PlaceOf(in TradeClosing row) => new(ClosedTradeReader.Of(row).ClosedAt, row.Id);
}

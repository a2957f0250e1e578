using Pilothouse.Contract;
using Pilothouse.Prices;
using Pilothouse.Storage;
using Pilothouse.Trades;

namespace Pilothouse.Scorecard;

/// <summary>What a change in the log of changes means for the book.</summary>
internal static class ScoreChange
{
    /// <summary>Follows a change of any table.</summary>
    /// <param name="current">The book. It has every signal that is stored.</param>
    /// <param name="noteSignal">Is told of a signal that was added, with its pair and its time in ticks.</param>
    /// <param name="notePrice">Is told the pair of which a price came or changed, and between which times it was known.</param>
    /// <returns>False if all must be read again.</returns>
    public static async ValueTask<bool> FollowAsync(
        Session session, ScoreBook current, Change change, Action<PairBook, long> noteSignal, Action<string, DateTimeOffset, DateTimeOffset> notePrice)
    {
        switch (change.Table)
        {
            case "signals" when change.RowId <= current.LastId:
                var place = current.Find(change.RowId);
                if (await ScoreReader.FindAsync(session, change.RowId) is not { } mark)
                {
                    return place < 0;
                }

                if (place >= 0)
                {
                    return current.IsSame(place, mark);
                }

                if (current.Add(mark) is { } pair)
                {
                    noteSignal(pair, mark.Ticks);
                }

                return true;
            case "candles":
                if (await ScoreReader.CandleAsync(session, change.RowId, change.Kind == "recorded") is not { } candle)
                {
                    return change.Kind != "removed";
                }

                if (candle.Pair is { } priced)
                {
                    notePrice(TradingPair.Upper(priced), candle.From, candle.To);
                }

                return true;
            case "market_context":
                if (change.Kind != "recorded")
                {
                    return false;
                }

                if (await ScoreReader.MarketAsync(session, change.RowId) is { } at)
                {
                    current.Pairs.Keys.Where(static name => MarketAsset.Of(name) is not null).ToList().ForEach(name => notePrice(name, at, at));
                }

                return true;
            case "trades":
                current.Unfollow(change.RowId);
                if (await FollowingTrades.FindAsync(session, change.RowId) is { } trade)
                {
                    current.Follow(trade);
                }

                return true;
            default:
                return true;
        }
    }
}

using Pilothouse.Auth;
using Pilothouse.Storage;

namespace Pilothouse.Candles;

/// <summary>Stores candles. Every candle goes through this class.</summary>
internal sealed class CandleService(TimeProvider clock)
{
    /// <summary>
    /// Stores a checked candle in the transaction of <paramref name="session"/>, in the place of the one of the same pair, timeframe and time.
    /// </summary>
    /// <returns>Its id.</returns>
    public ValueTask<long> RecordAsync(Session session, Caller caller, NewCandle candle)
    {
        var now = clock.GetUtcNow();

        // The close of a candle that still runs is the price of now, and not of its end.
        var end = Timeframe.EndOf(candle.Timeframe, candle.OpenTime!.Value);
        return CandleStore.Table.InsertAsync(session, caller, candle, now, ("known_at", end < now ? end : now));
    }
}

using Pilothouse.Candles;
using Pilothouse.Storage;

namespace Pilothouse.Prices;

/// <summary>
/// The stored prices of one pair over a span of time (docs/metrics.md, "A price at a time"). Candles come first; signals of the pair are read
/// only where the candles do not tell, and the market context only where neither does.
/// </summary>
internal sealed class PairHistory
{
    private static readonly Sql OfCandles = new("""
        SELECT known_at, time_of(open_time), close FROM candles
        WHERE upper(trading_pair) = @pair AND timeframe = @timeframe AND time_key(open_time) >= @from AND time_key(open_time) < @to
        ORDER BY time_key(open_time)
        """);

    private static readonly Sql OfSignals = new("""
        SELECT time_of(timestamp), price FROM signals
        WHERE upper(trading_pair) = @pair AND time_key(timestamp) >= @from AND time_key(timestamp) < @to AND price BETWEEN 1e-28 AND 7.9e28
        ORDER BY time_key(timestamp), id
        """);

    private static readonly Sql OfBitcoin = OfMarket("btc_price");

    private static readonly Sql OfEther = OfMarket("eth_price");

    private readonly List<PriceLine> lines = [];
    private bool isMissing;

    private PairHistory()
    {
    }

    /// <summary>Returns the price of the pair at a time.</summary>
    /// <param name="at">The time, in the span.</param>
    /// <param name="within">How old the price may be; where there is none, how late the first one after the time may be.</param>
    /// <returns>Null if no price is known then.</returns>
    public double? At(DateTimeOffset at, TimeSpan within)
    {
        foreach (var line in lines)
        {
            if (line.At(at.UtcTicks, within.Ticks) is { } price)
            {
                return price;
            }
        }

        isMissing = true;
        return null;
    }

    /// <summary>
    /// Reads prices and passes them to <paramref name="ask"/>. Where it asked for a time at which none was found, prices of the next source
    /// are added and it is called again, so it must have no effect except to set answers. The memory that this takes grows with the prices
    /// in the span.
    /// </summary>
    /// <param name="pair">The pair in capitals.</param>
    /// <param name="look">What is stored of it.</param>
    /// <param name="from">The begin of the span. Prices that were known earlier are not found.</param>
    /// <param name="to">The end of the span.</param>
    /// <param name="ask">Asks for prices.</param>
    /// <param name="signals">Returns the prices of the pair's signals from one time to another, inclusive; null to read them.</param>
    public static async ValueTask AskAsync(
        Session session, string pair, PairLook look, DateTimeOffset from, DateTimeOffset to, Action<PairHistory> ask,
        Func<DateTimeOffset, DateTimeOffset, PriceLine>? signals = null)
    {
        var history = new PairHistory();
        Func<ValueTask<PriceLine>>[] sources =
        [
            () => CandlesAsync(session, pair, look, from, to),
            () => look.LastSignal is null ? new(new PriceLine()) : signals is not null ? new(signals(from, to)) : LineAsync(session.Prepare(OfSignals).Set("pair", pair), from, to),
            () => MarketAsset.Of(pair) is not { } asset ? new(new PriceLine())
                : LineAsync(session.Prepare(asset == MarketAsset.Bitcoin ? OfBitcoin : OfEther), from, to),
        ];
        foreach (var source in sources)
        {
            if (await source() is { Count: > 0 } line)
            {
                history.lines.Add(line);
                history.isMissing = false;
                ask(history);
                if (!history.isMissing)
                {
                    return;
                }
            }
        }

        if (history.lines.Count == 0)
        {
            ask(history);
        }
    }

    private static async ValueTask<PriceLine> CandlesAsync(Session session, string pair, PairLook look, DateTimeOffset from, DateTimeOffset to)
    {
        var line = new PriceLine();
        foreach (var series in look.Series)
        {
            var (isFixed, length) = (Timeframe.IsFixed(series.Timeframe), Timeframe.LongestOf(series.Timeframe));
            await session.Prepare(OfCandles).Set("pair", pair).Set("timeframe", series.Timeframe)
                .SetKey("from", Timestamps.ToStored(Before(from, length))).SetKey("to", Timestamps.ToStoredAfter(to)).EachAsync(row =>
                {
                    // Only the server writes known_at. A candle without it was known at its end; where its length is not fixed it does not count.
                    var known = row.Time(0) ?? (isFixed ? row.Time(1) + length : null);
                    if (known >= from && known <= to && row.Number(2) is > 0 and var close)
                    {
                        line.Add(known.Value.UtcTicks, close, length.Ticks);
                    }
                });
        }

        return line;
    }

    private static async ValueTask<PriceLine> LineAsync(Statement statement, DateTimeOffset from, DateTimeOffset to)
    {
        var line = new PriceLine();
        await statement.SetKey("from", Timestamps.ToStored(from)).SetKey("to", Timestamps.ToStoredAfter(to)).EachAsync(row =>
        {
            if (row.Time(0) is { } time && row.Number(1) is { } price)
            {
                line.Add(time.UtcTicks, price, 0);
            }
        });
        return line;
    }

    /// <summary>Returns an earlier time, or the earliest of all.</summary>
    public static DateTimeOffset Before(DateTimeOffset time, TimeSpan by) => time - DateTimeOffset.MinValue > by ? time - by : DateTimeOffset.MinValue;

    private static Sql OfMarket(string column) => new($"""
        SELECT time_of(timestamp), {column} FROM market_context
        WHERE time_key(timestamp) >= @from AND time_key(timestamp) < @to AND {column} BETWEEN 1e-28 AND 7.9e28
        ORDER BY time_key(timestamp), id
        """);
}

using Pilothouse.Api;
using Pilothouse.Storage;

namespace Pilothouse.Signals;

/// <summary>The table <c>signals</c>.</summary>
internal static class SignalStore
{
    public const string Columns = """
        id, timestamp, trading_pair, signal_type, signal_strength, price, rsi, macd, macd_signal, macd_histogram, vwap, ema9, ema21, sma50,
        bb_upper, bb_middle, bb_lower, volume, status, bot_name, strategy, timeframe, confidence
        """;

    private static readonly Sql Insert = new("""
        INSERT INTO signals(timestamp, trading_pair, signal_type, signal_strength, price, rsi, macd, macd_signal, macd_histogram, vwap, ema9,
          ema21, sma50, bb_upper, bb_middle, bb_lower, volume, status, bot_name, strategy, timeframe, confidence)
        VALUES (@timestamp, @trading_pair, @signal_type, @signal_strength, @price, @rsi, @macd, @macd_signal, @macd_histogram, @vwap, @ema9,
          @ema21, @sma50, @bb_upper, @bb_middle, @bb_lower, @volume, @status, @bot_name, @strategy, @timeframe, @confidence)
        RETURNING id
        """);

    private static readonly Sql Exists = new("SELECT 1 FROM signals WHERE id = @id");

    /// <summary>Filters: trading_pair (upper case), bot_name, strategy, timeframe, status, signal_type; the most selective leads.</summary>
    public static readonly ListSql List = new("signals", Columns,
        ("trading_pair", "upper(trading_pair) = @trading_pair"),
        ("bot_name", "bot_name = @bot_name"),
        ("strategy", "strategy = @strategy"),
        ("timeframe", "timeframe = @timeframe"),
        ("status", "lower(status) = @status"),
        ("signal_type", "upper(signal_type) = @signal_type"));

    /// <summary>Stores a checked signal.</summary>
    /// <returns>Its id.</returns>
    public static ValueTask<long> InsertAsync(Session session, NewSignal signal, DateTimeOffset timestamp, string? botName) =>
        session.Prepare(Insert)
            .Set("timestamp", (DateTimeOffset?)timestamp)
            .Set("trading_pair", signal.TradingPair!.ToUpperInvariant())
            .Set("signal_type", NewSignal.Types.Normal(signal.SignalType))
            .Set("signal_strength", signal.SignalStrength)
            .Set("price", signal.Price)
            .Set("rsi", signal.Rsi)
            .Set("macd", signal.Macd)
            .Set("macd_signal", signal.MacdSignal)
            .Set("macd_histogram", signal.MacdHistogram)
            .Set("vwap", signal.Vwap)
            .Set("ema9", signal.Ema9)
            .Set("ema21", signal.Ema21)
            .Set("sma50", signal.Sma50)
            .Set("bb_upper", signal.BbUpper)
            .Set("bb_middle", signal.BbMiddle)
            .Set("bb_lower", signal.BbLower)
            .Set("volume", signal.Volume)
            .Set("status", NewSignal.Statuses.Normal(signal.Status) ?? "pending")
            .Set("bot_name", botName)
            .Set("strategy", signal.Strategy)
            .Set("timeframe", signal.Timeframe)
            .Set("confidence", signal.Confidence)
            .InsertAsync();

    public static ValueTask<bool> ExistsAsync(Session session, long id) => session.Prepare(Exists).Set("id", id).AnyAsync();

    public static Signal Read(Row row) => new(
        row.Id(0), row.Time(1), row.Text(2), row.Text(3), row.Whole(4), row.Money(5), row.Number(6), row.Number(7), row.Number(8), row.Number(9),
        row.Number(10), row.Number(11), row.Number(12), row.Number(13), row.Number(14), row.Number(15), row.Number(16), row.Number(17),
        row.Text(18), row.Text(19), row.Text(20), row.Text(21), row.Number(22));
}

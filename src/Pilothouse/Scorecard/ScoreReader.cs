using Pilothouse.Candles;
using Pilothouse.Storage;

namespace Pilothouse.Scorecard;

/// <summary>Reads what the scorecard is made of, each row by its id.</summary>
internal static class ScoreReader
{
    private const string Columns = "id, time_of(timestamp), trading_pair, signal_type, signal_strength, price, strategy, model, bot_name";

    private static readonly Sql Part = new($"SELECT {Columns} FROM signals WHERE id >= @from AND id <= @to ORDER BY id LIMIT @limit");

    private static readonly Sql Ends = IdRange.Of("signals");

    private static readonly Sql One = new($"SELECT {Columns} FROM signals WHERE id = @id");

    private static readonly Sql Before = new("SELECT count(*) FROM signals WHERE time_key(timestamp) < @before AND has_time(timestamp)");

    private static readonly Sql Candle = new("SELECT trading_pair, timeframe, time_of(open_time), known_at FROM candles WHERE id = @id");

    private static readonly Sql Market = new("SELECT time_of(timestamp) FROM market_context WHERE id = @id");

    /// <summary>Returns the lowest and the highest id; null if there is no signal.</summary>
    public static ValueTask<(long First, long Last)?> EndsAsync(Session session) => IdRange.ReadAsync(session, Ends);

    /// <summary>Passes on the signals with ids from one to another, both inclusive, in the order of their ids, at most <paramref name="most"/>.</summary>
    /// <returns>How many there were.</returns>
    public static async ValueTask<int> EachAsync(Session session, long from, long to, int most, Action<SignalMark> take)
    {
        var count = 0;
        await session.Prepare(Part).Set("from", (long?)from).Set("to", (long?)to).Set("limit", (long)most).EachAsync(row =>
        {
            take(Read(row));
            count++;
        });
        return count;
    }

    /// <summary>Returns the signal; null if it is not stored any more.</summary>
    public static async ValueTask<SignalMark?> FindAsync(Session session, long id) =>
        await session.Prepare(One).Set("id", (long?)id).FirstAsync(static row => (SignalMark?)Read(row));

    /// <summary>How many stored signals have a time before this one.</summary>
    public static ValueTask<long> CountBeforeAsync(Session session, DateTimeOffset time) =>
        session.Prepare(Before).SetKey("before", Timestamps.ToStored(time)).FirstAsync(static row => row.Whole(0) ?? 0);

    /// <summary>Returns of which pair, and between which times, a stored candle tells the price; null if it is not stored any more.</summary>
    /// <param name="isNew">Whether it was not stored before: then only the time at which its close was known counts.</param>
    public static async ValueTask<(string? Pair, DateTimeOffset From, DateTimeOffset To)?> CandleAsync(Session session, long id, bool isNew) =>
        await session.Prepare(Candle).Set("id", (long?)id).FirstAsync(row =>
        {
            var (open, known) = (row.Time(2) ?? DateTimeOffset.MinValue, row.Time(3));
            var end = Timeframe.EndOf(row.Text(1), open) ?? open;
            return ((string? Pair, DateTimeOffset From, DateTimeOffset To)?)(
                open.Year < 2 ? null : row.Text(0), isNew ? known ?? end : open, isNew ? known ?? end : end);
        });

    /// <summary>Returns the time of a look at the market; null if it is not stored any more, or has none.</summary>
    public static ValueTask<DateTimeOffset?> MarketAsync(Session session, long id) =>
        session.Prepare(Market).Set("id", (long?)id).FirstAsync(static row => row.Time(0));

    private static SignalMark Read(Row row) => new(
        row.Id(0), row.Time(1)?.UtcTicks ?? SignalColumns.NoTime, row.Number(5) ?? 0,
        new(row.Word(2), row.Word(3), Cell.BandOf(row.Whole(4)), row.Word(6), row.Word(7), row.Word(8)));
}

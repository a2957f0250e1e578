using Pilothouse.Candles;
using Pilothouse.Contract;
using Pilothouse.Prices;
using Pilothouse.Storage;
using Pilothouse.Trades;

namespace Pilothouse.Correlation;

/// <summary>
/// Reads the price of assets in each of many hours (docs/metrics.md, "Correlation"): the last known in the hour, of candles, of signals and, for
/// BTC and ETH, of the market context, in what counts as the reporting currency. Where there are many prices in an hour it steps through the
/// index from one hour to the one before, so that an hour costs two look-ups however many prices it has.
/// </summary>
internal sealed class HourlyPrices
{
    /// <summary>Candles of at least this length are read one after the other, which is faster than stepping.</summary>
    private static readonly TimeSpan Sparse = TimeSpan.FromMinutes(5);

    /// <summary>As many prices in an hour as candles of that length.</summary>
    private const long FewInAnHour = 12;

    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private const string OfSeries = "upper(trading_pair) = @pair AND timeframe = @timeframe";

    private const string OfPair = "upper(trading_pair) = @pair AND price BETWEEN 1e-28 AND 7.9e28";

    private static readonly Sql Candles = new($"""
        SELECT time_of(open_time), close, known_at FROM candles WHERE {OfSeries} AND time_key(open_time) >= @from AND time_key(open_time) < @to
        """);

    private static readonly Sql LastCandles = Steps("candles", "open_time", "close", "one.known_at", OfSeries);

    private static readonly Sql LastSignals = Steps("signals", "timestamp", "price", "NULL", OfPair);

    private static readonly Sql Signals = First("signals", "price", OfPair);

    private static readonly (Sql First, Sql Last) Bitcoin = OfMarket("btc_price");

    private static readonly (Sql First, Sql Last) Ether = OfMarket("eth_price");

    private readonly DateTimeOffset from;
    private readonly (DateTimeOffset Known, long Rank, double Price)?[] last;

    private HourlyPrices(DateTimeOffset from, int hours)
    {
        this.from = from;
        last = new (DateTimeOffset, long, double)?[hours];
    }

    /// <summary>Reads the hourly prices of assets.</summary>
    /// <param name="session">A snapshot.</param>
    /// <param name="asked">The assets in capitals; null for all that have prices.</param>
    /// <param name="from">The begin of the first hour.</param>
    /// <param name="hours">How many hours there are.</param>
    /// <param name="quotes">The assets whose prices count.</param>
    /// <param name="now">What is later is not known yet.</param>
    /// <returns>For each asset the price in each hour, NaN where there is none. Of assets that were not asked for, only those with a price.</returns>
    public static async ValueTask<Dictionary<string, double[]>> ReadAsync(
        Session session, IReadOnlyCollection<string>? asked, DateTimeOffset from, int hours, IReadOnlyCollection<string> quotes, DateTimeOffset now)
    {
        var assets = (asked ?? []).ToDictionary(static asset => asset, _ => new HourlyPrices(from, hours), StringComparer.Ordinal);
        HourlyPrices? Of(string asset) => assets.TryGetValue(asset, out var known) ? known
            : asked is null ? assets[asset] = new HourlyPrices(from, hours) : null;

        var pairs = new List<(string Pair, PairLook Look, HourlyPrices Prices)>();
        foreach (var (pair, look) in await PriceStore.LookAsync(session, null, now))
        {
            if (PairBase.Of(pair, quotes) is { } asset && Of(asset) is { } prices)
            {
                pairs.Add((pair, look, prices));
                await prices.ReadCandlesAsync(session, pair, look);
            }
        }

        foreach (var (pair, look, prices) in pairs.Where(one => one.Look.LastSignal >= from))
        {
            await prices.TakeAsync(session, Signals, LastSignals, pair, long.MaxValue - 1);
        }

        foreach (var (asset, sql) in new[] { (MarketAsset.Bitcoin, Bitcoin), (MarketAsset.Ether, Ether) })
        {
            // Its prices are in dollars.
            if (quotes.Contains(SettleAsset.Reporting) && Of(asset) is { } prices)
            {
                await prices.TakeAsync(session, sql.First, sql.Last, null, long.MaxValue);
            }
        }

        return assets.Where(asset => asked is not null || Array.Exists(asset.Value.last, static price => price is not null))
            .ToDictionary(static asset => asset.Key, static asset => Array.ConvertAll(asset.Value.last, static price => price?.Price ?? double.NaN), StringComparer.Ordinal);
    }

    private async ValueTask ReadCandlesAsync(Session session, string pair, PairLook look)
    {
        foreach (var series in look.Series.Where(series => series.LastOpen >= from))
        {
            if (Timeframe.LengthOf(series.Timeframe) is { } length && length <= Hour && Hour.Ticks % length.Ticks == 0)
            {
                await TakeAsync(session.Prepare(length >= Sparse ? Candles : LastCandles).Set("pair", pair).Set("timeframe", series.Timeframe), length.Ticks, 0, last.Length);
            }
        }
    }

    /// <summary>
    /// Takes prices one after the other, and where there are many steps through the hours. The close of the last candle of an hour was known at
    /// the end of the hour and so is later than any of them: they are read only from the first to the last hour without one.
    /// </summary>
    private async ValueTask TakeAsync(Session session, Sql first, Sql steps, string? pair, long rank)
    {
        int[] open = [.. Enumerable.Range(0, last.Length).Where(hour => !(last[hour]?.Known >= from + ((hour + 1) * Hour)))];
        if (open.Length == 0)
        {
            return;
        }

        var (begin, end) = (open[0], open[^1] + 1);
        var most = FewInAnHour * (end - begin);
        Statement Bind(Sql sql) => pair is null ? session.Prepare(sql) : session.Prepare(sql).Set("pair", pair);
        if (await TakeAsync(Bind(first).Set("limit", most), rank, begin, end) == most)
        {
            await TakeAsync(Bind(steps), rank, begin, end);
        }
    }

    /// <summary>Takes prices, each into the hour in which it began.</summary>
    /// <param name="statement">Answers times, prices and, of candles, when the price was known.</param>
    /// <param name="rank">The length of candles; of prices of one moment that with the lowest counts.</param>
    /// <param name="begin">The first hour that is read.</param>
    /// <param name="end">The first one that is not read any more.</param>
    /// <returns>How many there were.</returns>
    private async ValueTask<long> TakeAsync(Statement statement, long rank, int begin, int end)
    {
        var count = 0L;
        await statement.SetKey("from", Timestamps.ToStored(from + (begin * Hour))).SetKey("to", Timestamps.ToStored(from + (end * Hour))).EachAsync(row =>
        {
            count++;
            if (row.Time(0) is not { } time || row.Number(1) is not (> 0 and < double.PositiveInfinity and var price) || time < from)
            {
                return;
            }

            var hour = (time - from).Ticks / Hour.Ticks;
            var isCandle = rank < Hour.Ticks + 1;
            var known = row.Time(2) ?? (isCandle ? time.AddTicks(rank) : time);
            if (hour < last.Length && (last[hour] is not { } other || known > other.Known || (known == other.Known && rank < other.Rank)))
            {
                last[hour] = (known, rank, price);
            }
        });
        return count;
    }

    private static (Sql First, Sql Last) OfMarket(string column)
    {
        var condition = $"{column} BETWEEN 1e-28 AND 7.9e28";
        return (First("market_context", column, condition), Steps("market_context", "timestamp", column, "NULL", condition));
    }

    private static Sql First(string table, string price, string condition) => new($"""
        SELECT time_of(timestamp), {price}, NULL FROM {table}
        WHERE {condition} AND time_key(timestamp) >= @from AND time_key(timestamp) < @to LIMIT @limit
        """);

    /// <summary>Returns the statement that finds the last row of each hour, from the newest hour back.</summary>
    private static Sql Steps(string table, string time, string price, string known, string condition)
    {
        var found = $"SELECT id FROM {table} WHERE {condition} AND time_key({time}) >= @from AND time_key({time}) <";
        var newest = $"ORDER BY time_key({time}) DESC, id DESC LIMIT 1";
        return new($"""
            WITH RECURSIVE steps(id) AS (
              SELECT * FROM ({found} @to {newest}) AS newest
              UNION ALL
              SELECT ({found} hour_key(here.{time}) {newest}) FROM steps JOIN {table} AS here ON here.id = steps.id)
            SELECT time_of(one.{time}), one.{price}, {known} FROM steps JOIN {table} AS one ON one.id = steps.id
            """);
    }
}

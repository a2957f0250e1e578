using Pilothouse.Candles;
using Pilothouse.Contract;
using Pilothouse.Storage;

namespace Pilothouse.Prices;

/// <summary>
/// Finds the last known prices in candles, signals and the market context. It steps through the indexes from one pair and timeframe to the
/// next, so that tables of millions of rows need a few look-ups per pair.
/// </summary>
internal static class PriceStore
{
    /// <summary>The pair of the prices in the market context.</summary>
    private static readonly (string Asset, string Pair)[] OfMarket = [(MarketAsset.Bitcoin, "BTC/USD"), (MarketAsset.Ether, "ETH/USD")];

    /// <summary>Clocks may differ by this much. What is said to be later is not known yet.</summary>
    private static readonly TimeSpan Ahead = TimeSpan.FromMinutes(5);

    /// <summary>The most series, and pairs with signals, that are read for an answer; nobody has as many.</summary>
    private const int Most = 5000;

    /// <summary>So many pairs are asked for in one statement.</summary>
    private const int Slots = 20;

    private const string NewestOfSeries = "SELECT newest.trading_pair, newest.timeframe, time_of(newest.open_time), newest.known_at, newest.close";

    private const string NewestOfSignals = "SELECT newest.trading_pair, newest.price, time_of(newest.timestamp)";

    private static readonly string Asked = "asked(pair) AS (VALUES " + string.Join(", ", Enumerable.Range(0, Slots).Select(static slot => $"(@pair{slot})")) + ")";

    private static readonly Sql AllSeries = new($"""
        WITH RECURSIVE series(id) AS (
          SELECT * FROM (SELECT id FROM candles ORDER BY upper(trading_pair), timeframe, time_key(open_time) LIMIT 1) AS lowest
          UNION ALL
          SELECT coalesce(
            (SELECT id FROM candles WHERE upper(trading_pair) = upper(here.trading_pair) AND timeframe > here.timeframe
              ORDER BY timeframe, time_key(open_time) LIMIT 1),
            (SELECT id FROM candles WHERE upper(trading_pair) > upper(here.trading_pair)
              ORDER BY upper(trading_pair), timeframe, time_key(open_time) LIMIT 1))
          FROM series JOIN candles AS here ON here.id = series.id)
        {NewestOfSeries} FROM series JOIN candles AS one ON one.id = series.id JOIN candles AS newest ON newest.id = (
          SELECT id FROM candles WHERE upper(trading_pair) = upper(one.trading_pair) AND timeframe = one.timeframe
            AND time_key(open_time) <= @until ORDER BY time_key(open_time) DESC LIMIT 1)
        LIMIT {Most}
        """);

    private static readonly Sql SeriesOfPairs = new($"""
        WITH RECURSIVE {Asked}, series(pair, timeframe) AS (
          SELECT pair, (SELECT timeframe FROM candles WHERE upper(trading_pair) = asked.pair ORDER BY timeframe LIMIT 1) FROM asked
          UNION ALL
          SELECT pair, (SELECT timeframe FROM candles WHERE upper(trading_pair) = series.pair AND timeframe > series.timeframe ORDER BY timeframe LIMIT 1)
          FROM series WHERE series.timeframe IS NOT NULL)
        {NewestOfSeries} FROM series JOIN candles AS newest ON newest.id = (
          SELECT id FROM candles WHERE upper(trading_pair) = series.pair AND timeframe = series.timeframe
            AND time_key(open_time) <= @until ORDER BY time_key(open_time) DESC LIMIT 1)
        LIMIT {Most}
        """);

    private static readonly Sql AllSignals = new($"""
        WITH RECURSIVE pairs(pair) AS (
          SELECT * FROM (SELECT upper(trading_pair) FROM signals ORDER BY upper(trading_pair) LIMIT 1) AS lowest
          UNION ALL
          SELECT (SELECT upper(trading_pair) FROM signals WHERE upper(trading_pair) > pairs.pair ORDER BY upper(trading_pair) LIMIT 1)
          FROM pairs WHERE pairs.pair IS NOT NULL)
        {NewestOfSignals} FROM pairs {NewestSignalOf("pairs.pair")} LIMIT {Most}
        """);

    private static readonly Sql SignalsOfPairs = new($"WITH {Asked} {NewestOfSignals} FROM asked {NewestSignalOf("asked.pair")} LIMIT {Most}");

    private static readonly Sql[] Market = [Newest("btc_price"), Newest("eth_price")];

    /// <summary>Returns what is known of the prices of these pairs, or of all.</summary>
    /// <param name="session">The session.</param>
    /// <param name="pairs">The pairs in capitals; null for all.</param>
    /// <param name="now">Prices that are said to be later than this are not known yet.</param>
    /// <returns>By the pair in capitals; a pair of which nothing is known is not there.</returns>
    public static async ValueTask<Dictionary<string, PairLook>> LookAsync(Session session, IReadOnlyCollection<string>? pairs, DateTimeOffset now)
    {
        var looks = new Dictionary<string, PairLook>(StringComparer.Ordinal);
        var until = Timestamps.ToStored(now + Ahead);
        foreach (var part in pairs?.Chunk(Slots) ?? [null!])
        {
            var series = new List<(TimeSpan Length, KnownPrice? Price)>();
            await Bind(session.Prepare(part is null ? AllSeries : SeriesOfPairs), part, until).EachAsync(row =>
            {
                if (row.Text(0) is { } pair && row.Text(1) is { } timeframe && Timeframe.LengthOf(timeframe) is { } length && row.Time(2) is { } open)
                {
                    Of(pair).Series.Add(new(timeframe, open));
                    series.Add((length, KnownPrice.Read(pair, row.Money(4), row.Time(3) ?? open, KnownPrice.Candle)));
                }
            });
            foreach (var (_, price) in series.Where(static one => one.Price is not null).OrderBy(static one => one.Length))
            {
                Of(price!.Pair).Add(price);
            }
        }

        foreach (var part in pairs?.Chunk(Slots) ?? [null!])
        {
            await Bind(session.Prepare(part is null ? AllSignals : SignalsOfPairs), part, until).EachAsync(row =>
            {
                if (KnownPrice.Read(row.Text(0), row.Money(1), row.Time(2), KnownPrice.Signal) is { } price)
                {
                    Of(price.Pair).Add(price);
                }
            });
        }

        for (var i = 0; i < OfMarket.Length; i++)
        {
            await AddMarketAsync(session, looks, pairs, until, i);
        }

        return looks;

        PairLook Of(string pair)
        {
            var key = TradingPair.Upper(pair);
            return looks.TryGetValue(key, out var look) ? look : looks[key] = new();
        }
    }

    private static async ValueTask AddMarketAsync(
        Session session, Dictionary<string, PairLook> looks, IReadOnlyCollection<string>? pairs, string until, int asset)
    {
        var (name, own) = OfMarket[asset];
        var wanted = (pairs ?? [.. looks.Keys]).Where(pair => MarketAsset.Of(pair) == name).ToHashSet(StringComparer.Ordinal);
        if (pairs is null)
        {
            wanted.Add(own);
        }

        if (wanted.Count == 0 || await session.Prepare(Market[asset]).SetKey("until", until).FirstAsync(
            row => KnownPrice.Read(own, row.Money(0), row.Time(1), KnownPrice.MarketContext)) is not { } price)
        {
            return;
        }

        foreach (var pair in wanted)
        {
            looks.TryAdd(pair, new());
            looks[pair].Add(price with { Pair = looks[pair].Newest?.Pair ?? pair });
        }
    }

    private static Statement Bind(Statement statement, string[]? pairs, string until)
    {
        for (var slot = 0; pairs is not null && slot < Slots; slot++)
        {
            statement = statement.Set($"pair{slot}", slot < pairs.Length ? pairs[slot] : null);
        }

        return statement.SetKey("until", until);
    }

    private static string NewestSignalOf(string pair) => $"""
        JOIN signals AS newest ON newest.id = (
          SELECT id FROM signals WHERE upper(trading_pair) = {pair} AND time_key(timestamp) <= @until AND price BETWEEN 1e-28 AND 7.9e28
          ORDER BY time_key(timestamp) DESC, id DESC LIMIT 1)
        """;

    private static Sql Newest(string column) => new($"""
        SELECT {column}, time_of(timestamp) FROM market_context WHERE time_key(timestamp) <= @until AND {column} BETWEEN 1e-28 AND 7.9e28
        ORDER BY time_key(timestamp) DESC, id DESC LIMIT 1
        """);
}

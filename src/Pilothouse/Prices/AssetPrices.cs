using Pilothouse.Candles;
using Pilothouse.Storage;
using Pilothouse.Trades;

namespace Pilothouse.Prices;

/// <summary>
/// The last known prices of assets in the reporting currency at given times, not older than a day (docs/metrics.md, "Which money"): of
/// candles, signals and the market context. Each time costs one step through an index per place where the asset has prices.
/// </summary>
internal sealed class AssetPrices(MoneyUnits units)
{
    private const int Slots = 16;

    private static readonly TimeSpan Oldest = TimeSpan.FromDays(1);

    /// <summary>
    /// Only the server writes known_at. A candle without it counts from its end on; where its length is not fixed, as that of a month, it
    /// does not count.
    /// </summary>
    private static readonly Sql OfCandles = Compose("known_at", "candles", "close",
        "upper(trading_pair) = @pair AND timeframe = @timeframe AND (known_at < @to{0} OR (known_at IS NULL AND time_key(open_time) < @ended{0}))",
        "open_time", "");

    private static readonly Sql OfSignals = Compose("NULL", "signals", "price", "upper(trading_pair) = @pair AND price BETWEEN 1e-28 AND 7.9e28", "timestamp", ", id DESC");

    private static readonly Sql OfBitcoin = Compose("NULL", "market_context", "btc_price", "btc_price BETWEEN 1e-28 AND 7.9e28", "timestamp", ", id DESC");

    private static readonly Sql OfEther = Compose("NULL", "market_context", "eth_price", "eth_price BETWEEN 1e-28 AND 7.9e28", "timestamp", ", id DESC");

    private readonly Dictionary<(string Unit, DateTimeOffset At), decimal> known = [];
    private readonly HashSet<(string Unit, DateTimeOffset At)> missing = [];

    /// <summary>Returns how much of the reporting currency one unit of an asset was at a time; null if no price of it was found.</summary>
    public decimal? At(string? asset, DateTimeOffset at) => units.IsReporting(asset) ? 1 : known.TryGetValue((units.UnitOf(asset), at), out var price) ? price : null;

    /// <summary>Returns an amount in the reporting currency; null if its asset had no price then, or if the product does not fit a decimal.</summary>
    public decimal? ValueOf(decimal amount, string? asset, DateTimeOffset at) => Times(amount, At(asset, at));

    /// <summary>Returns the product; null if there is no price, or if it does not fit a decimal.</summary>
    public static decimal? Times(decimal amount, decimal? rate)
    {
        try
        {
            return amount * rate;
        }
        catch (OverflowException)
        {
            return null;
        }
    }

    /// <summary>Whether a price is stored by now that was looked for in vain. It changes nothing here.</summary>
    public async ValueTask<bool> FindsMoreAsync(Session session, DateTimeOffset now)
    {
        var again = new AssetPrices(units);
        await again.FindAsync(session, missing.Select(static one => ((string?)one.Unit, one.At)), now);
        return again.known.Count > 0;
    }

    /// <summary>Finds the prices of assets at these times, and forgets all others that were found.</summary>
    public ValueTask FindOnlyAsync(Session session, IEnumerable<(string? Asset, DateTimeOffset At)> wanted, DateTimeOffset now)
    {
        known.Clear();
        return FindAsync(session, wanted, now);
    }

    /// <summary>Finds the prices of assets at these times, unless they are known.</summary>
    /// <param name="now">What is stored with a later time is not known yet.</param>
    public async ValueTask FindAsync(Session session, IEnumerable<(string? Asset, DateTimeOffset At)> wanted, DateTimeOffset now)
    {
        foreach (var unit in wanted.Where(one => !units.IsReporting(one.Asset)).GroupBy(one => units.UnitOf(one.Asset), static one => one.At))
        {
            var times = unit.Distinct().Where(at => !known.ContainsKey((unit.Key, at))).Order().ToList();
            var found = new (decimal Price, DateTimeOffset Time)?[times.Count];
            foreach (var place in times.Count == 0 ? [] : await PlacesAsync(session, unit.Key, now))
            {
                for (var first = 0; first < times.Count; first += Slots)
                {
                    await AskAsync(session, place, times, first, found);
                }
            }

            for (var i = 0; i < times.Count; i++)
            {
                var one = (unit.Key, times[i]);
                if (found[i] is { } price)
                {
                    known[one] = price.Price;
                    missing.Remove(one);
                }
                else
                {
                    missing.Add(one);
                }
            }
        }
    }

    private static async ValueTask AskAsync(Session session, Place place, List<DateTimeOffset> times, int first, (decimal Price, DateTimeOffset Time)?[] found)
    {
        var statement = session.Prepare(place.Sql);
        statement = place.Pair is { } pair ? statement.Set("pair", pair) : statement;
        statement = place.Timeframe is { } timeframe ? statement.Set("timeframe", timeframe) : statement;
        for (var slot = 0; slot < Slots; slot++)
        {
            DateTimeOffset? at = first + slot < times.Count ? times[first + slot] : null;
            statement = statement.SetKey($"from{slot}", at is null ? null : Timestamps.ToStored(PairHistory.Before(at.Value, Oldest + place.Length)))
                .SetKey($"to{slot}", at is null ? null : Timestamps.ToStoredAfter(at.Value));
            if (place.Timeframe is { } fixedLength)
            {
                statement = statement.SetKey($"ended{slot}", at is null || !Timeframe.IsFixed(fixedLength) ? null : Timestamps.ToStoredAfter(PairHistory.Before(at.Value, place.Length)));
            }
        }

        await statement.EachAsync(row =>
        {
            if (row.Whole(0) is { } slot && row.Money(1) is > 0 and var price && (row.Time(2) ?? row.Time(3) + place.Length) is { } time)
            {
                var i = first + (int)slot;
                if (times[i] - time <= Oldest && !(found[i]?.Time >= time))
                {
                    found[i] = (price, time);
                }
            }
        });
    }

    /// <summary>
    /// Returns where prices of a unit are stored. Of several prices of one moment that of the first place counts: the shortest candle, then
    /// the signal, then the market context.
    /// </summary>
    private async ValueTask<List<Place>> PlacesAsync(Session session, string unit, DateTimeOffset now)
    {
        var looks = (await PriceStore.LookAsync(session, [.. PairsOf(unit)], now)).OrderBy(static look => look.Key, StringComparer.Ordinal).ToList();
        List<Place> listed = [.. looks.SelectMany(static look => look.Value.Series.Select(series => new Place(OfCandles, look.Key, series.Timeframe, Timeframe.LongestOf(series.Timeframe))))
            .OrderBy(static place => place.Length)];
        listed.AddRange(looks.Where(static look => look.Value.LastSignal is not null).Select(static look => new Place(OfSignals, look.Key, null, default)));
        if (unit is MarketAsset.Bitcoin or MarketAsset.Ether && units.IsReporting(SettleAsset.Reporting))
        {
            listed.Add(new(unit == MarketAsset.Bitcoin ? OfBitcoin : OfEther, null, null, default));
        }

        return listed;
    }

    /// <summary>The names of the pairs whose price is that of the unit in the reporting currency: spot, and contracts without an end.</summary>
    private HashSet<string> PairsOf(string unit) =>
    [
        .. from asset in units.SameAs(unit)
           from quote in units.Quotes
           from pair in (string[])[$"{asset}/{quote}", $"{asset}{quote}", $"{asset}-{quote}", $"{asset}_{quote}", $"{asset}/{quote}:{quote}", $"{asset}/{quote}:{asset}"]
           where pair != asset + quote || SettleAsset.Of(pair) is null || SettleAsset.Of(pair) == quote
           select pair,
    ];

    private static Sql Compose(string knownAt, string table, string price, string where, string time, string then) =>
        new(string.Join("\nUNION ALL\n", Enumerable.Range(0, Slots).Select(slot => $$"""
            SELECT * FROM (SELECT {{slot}} AS slot, {{price}} AS price, {{knownAt}} AS known_at, time_of({{time}}) AS began FROM {{table}}
              WHERE {{where}} AND time_key({{time}}) >= @from{0} AND time_key({{time}}) < @to{0}
              ORDER BY time_key({{time}}) DESC{{then}} LIMIT 1) AS found{0}
            """.Replace("{0}", slot.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal))));

    /// <summary>Where prices of an asset are stored.</summary>
    /// <param name="Pair">The pair in capitals; null for the market context.</param>
    /// <param name="Timeframe">That of candles; null for other prices.</param>
    /// <param name="Length">That of a candle.</param>
    private sealed record Place(Sql Sql, string? Pair, string? Timeframe, TimeSpan Length);
}

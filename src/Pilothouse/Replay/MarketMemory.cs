namespace Pilothouse.Replay;

/// <summary>Remembers the prices of each asset from the candles so far, for the hourly market context and for the news.</summary>
internal sealed class MarketMemory
{
    private static readonly TimeSpan Day = TimeSpan.FromHours(24);
    private static readonly TimeSpan Near = TimeSpan.FromMinutes(5);
    private readonly Dictionary<string, List<(DateTimeOffset At, decimal Price)>> closes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> pairOfAsset = new(StringComparer.Ordinal);

    /// <summary>The assets that have a price, by name.</summary>
    public IEnumerable<string> Assets => closes.Keys.Order(StringComparer.Ordinal);

    public void Add(MinuteCandle candle)
    {
        // Only the first pair of each asset counts, so that prices in dollars and in euros do not mix.
        if (!pairOfAsset.TryAdd(candle.BaseAsset, candle.Pair) && pairOfAsset[candle.BaseAsset] != candle.Pair)
        {
            return;
        }

        if (!closes.TryGetValue(candle.BaseAsset, out var list))
        {
            closes[candle.BaseAsset] = list = [];
        }

        list.Add((candle.Closes, candle.Close));
    }

    /// <summary>Returns the context at <paramref name="now"/>, or null if neither price is known.</summary>
    public MarketSeen? At(DateTimeOffset now)
    {
        var (btc, btcChange) = Price("BTC", now);
        var (eth, ethChange) = Price("ETH", now);
        return btc is null && eth is null ? null : new MarketSeen(now, btc, btcChange, eth, ethChange);
    }

    /// <summary>Returns by how many percent the price has changed over a time; null if a candle of the last five minutes is missing at either end.</summary>
    public decimal? Change(string asset, DateTimeOffset now, TimeSpan over) =>
        Last(asset, now, Near) is { } price && Last(asset, now - over, Near) is { } before ? Math.Round(((price / before) - 1) * 100, 4) : null;

    /// <summary>
    /// Returns the latest price of the last hour, and its change in percent from the price 24 hours earlier. If the candle of that minute
    /// is missing, one up to five minutes older is used. A value that the candles do not give is null.
    /// </summary>
    private (decimal? Price, decimal? ChangePercent) Price(string asset, DateTimeOffset now)
    {
        var price = Last(asset, now, TimeSpan.FromHours(1));
        var before = Last(asset, now - Day, Near);
        return (price, price is null || before is null ? null : Math.Round((price.Value / before.Value - 1) * 100, 4));
    }

    private decimal? Last(string asset, DateTimeOffset until, TimeSpan oldest)
    {
        if (!closes.TryGetValue(asset, out var list))
        {
            return null;
        }

        var index = list.FindLastIndex(close => close.At <= until);
        return index >= 0 && list[index].At > until - oldest ? list[index].Price : null;
    }
}

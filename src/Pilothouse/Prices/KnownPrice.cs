using Pilothouse.Storage;

namespace Pilothouse.Prices;

/// <summary>A stored price of a pair.</summary>
/// <param name="Pair">The pair as it is stored.</param>
/// <param name="Price">Above 0.</param>
/// <param name="Time">When it was the price.</param>
/// <param name="Source">candle, signal or market_context.</param>
internal sealed record KnownPrice(string Pair, decimal Price, DateTimeOffset Time, string Source)
{
    public const string Candle = "candle";

    public const string Signal = "signal";

    public const string MarketContext = "market_context";

    /// <summary>The age in whole seconds; 0 for a price whose clock is ahead of ours.</summary>
    public long AgeAt(DateTimeOffset now) => Math.Max(0, (long)Math.Floor((now - Time).TotalSeconds));

    /// <summary>Reads a price; null if it is no price above 0, or has no time.</summary>
    public static KnownPrice? Read(string? pair, decimal? price, DateTimeOffset? time, string source) =>
        pair is not null && price is > 0 && time is { } at ? new(pair, price.Value, at, source) : null;
}

/// <summary>The candles of one pair and timeframe.</summary>
/// <param name="Timeframe">The timeframe.</param>
/// <param name="LastOpen">When the newest of them began.</param>
internal sealed record CandleSeries(string Timeframe, DateTimeOffset LastOpen);

/// <summary>What is stored of the prices of one pair.</summary>
internal sealed class PairLook
{
    /// <summary>The newest price; of several at the same moment that of the shortest candle, else that of a signal.</summary>
    public KnownPrice? Newest { get; private set; }

    public List<CandleSeries> Series { get; } = [];

    /// <summary>When the newest signal was given; null if there is none.</summary>
    public DateTimeOffset? LastSignal { get; private set; }

    /// <summary>Adds a price. Candles come first, the shortest before the others, then the signal and then the market context.</summary>
    public void Add(KnownPrice? price)
    {
        LastSignal = price?.Source == KnownPrice.Signal ? price.Time : LastSignal;
        Newest = price is not null && !(Newest?.Time >= price.Time) ? price : Newest;
    }
}

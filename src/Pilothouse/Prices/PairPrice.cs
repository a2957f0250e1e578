using System.Text.Json.Serialization;
using Pilothouse.Contract;

namespace Pilothouse.Prices;

/// <summary>The last known price of a pair.</summary>
/// <param name="TradingPair">The pair as it was stored last.</param>
/// <param name="Price">In the quote asset.</param>
/// <param name="Time">When it was the price.</param>
/// <param name="AgeSeconds">How long ago that is, in whole seconds.</param>
/// <param name="Source">candle, signal or market_context.</param>
internal sealed record PairPrice(string TradingPair, decimal Price, DateTimeOffset Time, long AgeSeconds, string Source);

/// <summary>The answer with the last known prices, by pair.</summary>
internal sealed record PairPrices(bool Success, int Count, IReadOnlyList<PairPrice> Data);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    Converters = [typeof(MoneyJson), typeof(NumberJson), typeof(WholeJson), typeof(TextJson), typeof(TimeJson)])]
[JsonSerializable(typeof(PairPrices))]
internal sealed partial class PriceJson : JsonSerializerContext;

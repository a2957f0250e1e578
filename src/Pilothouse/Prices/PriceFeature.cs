using System.Text.Json.Serialization.Metadata;
using Pilothouse.Contract;
using Pilothouse.Operations;
using Pilothouse.Storage;
using Pilothouse.Trades;

namespace Pilothouse.Prices;

/// <summary>The operations on prices.</summary>
internal sealed class PriceFeature : Feature
{
    private static readonly QueryShape PricesQuery = new(QueryParameter.Pair, QueryParameter.MostOf("pairs"));

    public override string Tag => "Prices";

    public override string About => "What each pair cost last.";

    public override IJsonTypeInfoResolver Json => PriceJson.Default;

    public override void AddServices(IServiceCollection services) => services.AddSingleton<ITradePrices, TradePrices>();

    public override IEnumerable<Operation> Operations(IServiceProvider parts)
    {
        var clock = parts.GetRequiredService<TimeProvider>();
        yield return new Read<PairPrices>("listPrices", "GET /api/prices", "The last known price of each pair, with its age", PriceJson.Default.PairPrices,
            (session, _, query) => ListAsync(session, query, clock.GetUtcNow()))
        { Query = PricesQuery, TellsAge = static _ => true, PerMinute = 300 };
    }

    private static async ValueTask<PairPrices> ListAsync(Session session, QueryValues query, DateTimeOffset now)
    {
        var looks = await PriceStore.LookAsync(session, query.Text("trading_pair") is { } pair ? [pair] : null, now);
        List<PairPrice> prices =
        [
            .. looks.Where(static look => look.Value.Newest is not null).OrderBy(static look => look.Key, StringComparer.Ordinal)
                .Take(query.Has("limit") ? query.Whole("limit") : int.MaxValue)
                .Select(look => look.Value.Newest!).Select(known => new PairPrice(known.Pair, known.Price, known.Time, known.AgeAt(now), known.Source)),
        ];
        return new(true, prices.Count, prices);
    }
}

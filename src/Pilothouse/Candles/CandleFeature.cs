using System.Text.Json.Serialization.Metadata;
using Pilothouse.Contract;
using Pilothouse.Operations;

namespace Pilothouse.Candles;

/// <summary>The operations on candles.</summary>
internal sealed class CandleFeature : Feature
{
    private const int MostCandles = 5000;

    private static readonly QueryShape ListQuery = new([
        .. CandleStore.Table.Filters.Select(static filter => filter with { IsRequired = true }),
        new QueryParameter("from", QueryKind.Time, "The candles that begin from this time on, inclusive, the oldest first; without it the newest."),
        new QueryParameter("to", QueryKind.TimeTo, "Only candles that begin up to this time, inclusive; a date alone means the end of that day."),
        QueryParameter.Limit(500) with { Most = MostCandles, Description = "How many candles at most; more than 5000 is cut to 5000." },
        QueryParameter.Cursor]);

    public override string Tag => "Candles";

    public override string About => "The prices of pairs over time.";

    public override IJsonTypeInfoResolver Json => CandleJson.Default;

    public override void AddServices(IServiceCollection services) => services.AddSingleton<CandleService>();

    public override IEnumerable<EventSource> Events(IServiceProvider parts) => [EventSource.Of(CandleStore.Table, CandleJson.Default.Candle, "candle")];

    public override IEnumerable<Operation> Operations(IServiceProvider parts)
    {
        var candles = parts.GetRequiredService<CandleService>();
        yield return new Read<Page<Candle>>("listCandles", "GET /api/candles", "Candles of a pair and timeframe, the oldest first", CandleJson.Default.PageCandle,
            static (session, _, query) => CandleStore.PageAsync(session, query))
        { Query = ListQuery, PerMinute = 200 };

        var create = new Write<NewCandle, CandleStored>("createCandle", "POST /api/candles", "Store a candle, in the place of the one of the same pair, timeframe and time",
            CandleJson.Default.NewCandle, CandleJson.Default.CandleStored, async (session, call, candle) =>
            {
                var id = await candles.RecordAsync(session, call.Caller, candle);
                return Answer.Created(new CandleStored(true, "Candle stored successfully", id), CandleStore.Table, id, candle);
            })
        { Audited = Audited.AsRecord, PerMinute = 100 };
        yield return create;
        yield return create.Batch("createCandles", "Store up to 5,000 candles, all or none");
    }
}

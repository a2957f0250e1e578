using Pilothouse.Api;
using Pilothouse.Auth;
using Pilothouse.Storage;

namespace Pilothouse.MarketContext;

/// <summary>The market's context over HTTP.</summary>
internal static class MarketContextEndpoints
{
    private static readonly QueryShape HistoryQuery = new(
        QueryParameter.Limit(100), QueryParameter.Cursor,
        QueryParameter.Hours with { Default = null, Description = "How far back, in hours; 24 where neither from_date nor to_date is sent." },
        QueryParameter.From, QueryParameter.To);

    public static void AddMarketContext(this IServiceCollection services) => services.AddSingleton<MarketContextService>();

    public static void MapMarketContext(this IEndpointRouteBuilder routes)
    {
        var market = routes.MapGroup("/api/market-context").WithTags("Market context");
        market.MapMethods("", Http.Read, LatestAsync).Named("latestMarketContext", "The newest look at the market").Answers<One<MarketSnapshot>>().Refuses(400, 403, 404, 429, 503).PerMinute(200);
        market.MapMethods("/history", Http.Read, HistoryAsync).Named("marketContextHistory", "Looks at the market, newest first").Takes(HistoryQuery).Answers<Page<MarketSnapshot>>().Refuses(400, 403, 429, 503).PerMinute(100);
        market.MapPost("", CreateAsync).Named("createMarketContext", "Store a look at the market").Takes<NewMarketSnapshot>().Answers<MarketSnapshotStored>(201).RefusesAsWrite().PerMinute(100);
    }

    private static Task LatestAsync(HttpContext http, AnswerCache cache) => cache.AnswerAsync(http, MarketContextJson.Default.OneMarketSnapshot, static async session =>
    {
        var page = await MarketContextStore.List.PageAsync(session, QueryValues.None, 1, MarketContextStore.Table.Read);
        return page.Count > 0
            ? new One<MarketSnapshot>(true, page.Data[0])
            : throw Refusal.NotFound("No market context data available", "Nothing was stored yet; POST /api/market-context stores a look at the market.");
    });

    /// <summary>Never from the cache: the window moves with the clock.</summary>
    private static async Task HistoryAsync(HttpContext http, Database database, TimeProvider clock)
    {
        var query = HistoryQuery.Read(http.Request);
        var hours = query.Number("hours") ?? (query.Has("from_date") || query.Has("to_date") ? null : 24);
        DateTimeOffset? since = hours is { } back ? clock.GetUtcNow().AddHours(-back) : null;
        var page = await database.ReadAsync(
            Caller.Of(http).Reads,
            session => MarketContextStore.List.PageAsync(session, query, query.Whole("limit"), MarketContextStore.Table.Read, since), http.RequestAborted);
        await JsonAnswer.WriteAsync(http, page, MarketContextJson.Default.PageMarketSnapshot);
    }

    private static Task CreateAsync(HttpContext http, WriteDoor door, MarketContextService markets) =>
        door.RunAsync(http, MarketContextJson.Default.NewMarketSnapshot, MarketContextJson.Default.MarketSnapshotStored, async (session, caller, market) =>
            Answer.Created(new MarketSnapshotStored(true, "Market context stored successfully", await markets.RecordAsync(session, caller, market))));
}

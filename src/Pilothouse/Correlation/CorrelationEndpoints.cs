using Pilothouse.Api;

namespace Pilothouse.Correlation;

/// <summary>Correlations over HTTP.</summary>
internal static class CorrelationEndpoints
{
    private static readonly QueryShape LatestQuery = new(
        QueryParameter.Text("asset1", "One asset, in any case; without both, the newest correlation of any two.") with { Upper = true },
        QueryParameter.Text("asset2", "The other asset; their order does not matter.") with { Upper = true },
        QueryParameter.PeriodDays);

    public static void AddCorrelation(this IServiceCollection services) => services.AddSingleton<CorrelationService>();

    public static void MapCorrelation(this IEndpointRouteBuilder routes)
    {
        var correlations = routes.MapGroup("/api/correlation").WithTags("Correlation");
        correlations.MapMethods("", Http.Read, LatestAsync).Named("latestCorrelation", "The newest correlation of two assets, or null").Takes(LatestQuery).Answers<OneOrNone<AssetCorrelation>>().Refuses(400, 403, 429, 503).PerMinute(100);
        correlations.MapPost("", CreateAsync).Named("createCorrelation", "Store a correlation").Takes<NewCorrelation>().Answers<CorrelationStored>(201).RefusesAsWrite().PerMinute(100);
    }

    private static Task LatestAsync(HttpContext http, AnswerCache cache) => cache.AnswerAsync(http, CorrelationJson.Default.OneOrNoneAssetCorrelation, async session =>
    {
        var query = LatestQuery.Read(http.Request);
        var (asset1, asset2, days) = (query.Text("asset1"), query.Text("asset2"), query.Whole("period_days"));
        if (asset1 is null != asset2 is null)
        {
            throw asset1 is null ? Refusal.Invalid("asset1", "must be sent where asset2 is") : Refusal.Invalid("asset2", "must be sent where asset1 is");
        }

        return new OneOrNone<AssetCorrelation>(true, await (asset1 is null
            ? CorrelationStore.FindLatestAsync(session, days)
            : CorrelationStore.FindLatestAsync(session, asset1, asset2!, days)));
    });

    private static Task CreateAsync(HttpContext http, WriteDoor door, CorrelationService correlations) =>
        door.RunAsync(http, CorrelationJson.Default.NewCorrelation, CorrelationJson.Default.CorrelationStored, async (session, caller, correlation) =>
            Answer.Created(new CorrelationStored(true, "Correlation stored successfully", await correlations.RecordAsync(session, caller, correlation))));
}

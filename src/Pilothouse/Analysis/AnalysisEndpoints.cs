using Pilothouse.Api;

namespace Pilothouse.Analysis;

/// <summary>Analyses over HTTP.</summary>
internal static class AnalysisEndpoints
{
    private static readonly QueryShape LatestQuery = new(QueryParameter.Pair);

    public static void AddAnalysis(this IServiceCollection services) => services.AddSingleton<AnalysisService>();

    public static void MapAnalysis(this IEndpointRouteBuilder routes)
    {
        var analyses = routes.MapGroup("/api/analysis").WithTags("Analysis");
        analyses.MapMethods("/latest", Http.Read, LatestAsync).Named("latestAnalysis", "The newest analysis").Takes(LatestQuery).Answers<One<ChartAnalysis>>().Refuses(400, 403, 404, 429).PerMinute(200);
        analyses.MapPost("", CreateAsync).Named("createAnalysis", "Store an analysis").Takes<NewChartAnalysis>().Answers<ChartAnalysisStored>(201).RefusesAsWrite().PerMinute(100);
    }

    private static Task LatestAsync(HttpContext http, AnswerCache cache) => cache.AnswerAsync(http, AnalysisJson.Default.OneChartAnalysis, async session =>
    {
        var page = await AnalysisStore.List.PageAsync(session, LatestQuery.Read(http.Request), 1, AnalysisStore.Read);
        return page.Count > 0
            ? new One<ChartAnalysis>(true, page.Data[0])
            : throw Refusal.NotFound("No analysis data available", "Nothing was stored yet; POST /api/analysis stores an analysis.");
    });

    private static Task CreateAsync(HttpContext http, WriteDoor door, AnalysisService analyses) =>
        door.RunAsync(http, AnalysisJson.Default.NewChartAnalysis, AnalysisJson.Default.ChartAnalysisStored, async (session, caller, analysis) =>
            Answer.Created(new ChartAnalysisStored(true, "Analysis stored successfully", await analyses.RecordAsync(session, caller, analysis))));
}

using Pilothouse.Api;

namespace Pilothouse.Analysis;

/// <summary>Analyses over HTTP.</summary>
internal static class AnalysisEndpoints
{
    private static readonly QueryParameter[] Filters = [.. AnalysisStore.Table.Filters, QueryParameter.From, QueryParameter.To];

    private static readonly QueryShape ListQuery = new([QueryParameter.Limit(50), QueryParameter.Cursor, .. Filters]);

    private static readonly QueryShape LatestQuery = new(Filters);

    public static void AddAnalysis(this IServiceCollection services) => services.AddSingleton<AnalysisService>();

    public static void MapAnalysis(this IEndpointRouteBuilder routes)
    {
        var analyses = routes.MapGroup("/api/analysis").WithTags("Analysis");
        analyses.MapMethods("", Http.Read, ListAsync).Named("listAnalyses", "Analyses, newest first").Takes(ListQuery).Answers<Page<ChartAnalysis>>().Refuses(400, 403, 429, 503).PerMinute(200);
        analyses.MapMethods("/latest", Http.Read, LatestAsync).Named("latestAnalysis", "The newest analysis").Takes(LatestQuery).Answers<One<ChartAnalysis>>().Refuses(400, 403, 404, 429, 503).PerMinute(200);
        analyses.MapPost("", CreateAsync).Named("createAnalysis", "Store an analysis").Takes<NewChartAnalysis>().Answers<ChartAnalysisStored>(201).RefusesAsWrite().PerMinute(100);
    }

    private static Task ListAsync(HttpContext http, AnswerCache cache) => cache.AnswerAsync(http, AnalysisJson.Default.PageChartAnalysis, session =>
    {
        var query = ListQuery.Read(http.Request);
        return AnalysisStore.List.PageAsync(session, query, query.Whole("limit"), AnalysisStore.Table.Read);
    });

    private static Task LatestAsync(HttpContext http, AnswerCache cache) => cache.AnswerAsync(http, AnalysisJson.Default.OneChartAnalysis, async session =>
    {
        var query = LatestQuery.Read(http.Request);
        var page = await AnalysisStore.List.PageAsync(session, query, 1, AnalysisStore.Table.Read);
        return page.Count > 0
            ? new One<ChartAnalysis>(true, page.Data[0])
            : throw Refusal.NotFound("No analysis data available", query.Named() is { } filters
                ? $"No analysis has this {filters}; GET /api/analysis lists what there is."
                : "Nothing was stored yet; POST /api/analysis stores an analysis.");
    });

    private static Task CreateAsync(HttpContext http, WriteDoor door, AnalysisService analyses) =>
        door.RunAsync(http, AnalysisJson.Default.NewChartAnalysis, AnalysisJson.Default.ChartAnalysisStored, async (session, caller, analysis) =>
            Answer.Created(new ChartAnalysisStored(true, "Analysis stored successfully", await analyses.RecordAsync(session, caller, analysis))));
}

using System.Text.Json.Serialization.Metadata;
using Pilothouse.Contract;
using Pilothouse.Operations;

namespace Pilothouse.Analysis;

/// <summary>The operations on analyses of charts.</summary>
internal sealed class AnalysisFeature : Feature
{
    private static readonly QueryParameter[] Filters = [.. AnalysisStore.Table.Filters, QueryParameter.From, QueryParameter.To];

    public override string Tag => "Analysis";

    public override string About => "Analyses of charts.";

    public override IJsonTypeInfoResolver Json => AnalysisJson.Default;

    public override void AddServices(IServiceCollection services) => services.AddSingleton<AnalysisService>();

    public override IEnumerable<EventSource> Events(IServiceProvider parts) => [EventSource.Of(AnalysisStore.Table, AnalysisJson.Default.ChartAnalysis, "analysis")];

    public override IEnumerable<Operation> Operations(IServiceProvider parts)
    {
        var analyses = parts.GetRequiredService<AnalysisService>();
        yield return new Read<Page<ChartAnalysis>>("listAnalyses", "GET /api/analysis", "Analyses, newest first", AnalysisJson.Default.PageChartAnalysis,
            static (session, _, query) => AnalysisStore.List.PageAsync(session, query, query.Whole("limit"), AnalysisStore.Table.Read))
        { Query = new([QueryParameter.Limit(50), QueryParameter.Cursor, .. Filters]), PerMinute = 200 };

        yield return new Read<One<ChartAnalysis>>("latestAnalysis", "GET /api/analysis/latest", "The newest analysis", AnalysisJson.Default.OneChartAnalysis,
            static (session, _, query) => AnalysisStore.List.NewestAsync(session, query, AnalysisStore.Table.Read, "No analysis data available", static filters => filters is null
                ? "Nothing was stored yet; POST /api/analysis stores an analysis."
                : $"No analysis has this {filters}; GET /api/analysis lists what there is."))
        { Query = new(Filters), MayFindNothing = true, PerMinute = 200 };

        var create = new Write<NewChartAnalysis, ChartAnalysisStored>("createAnalysis", "POST /api/analysis", "Store an analysis",
            AnalysisJson.Default.NewChartAnalysis, AnalysisJson.Default.ChartAnalysisStored, async (session, call, analysis) =>
            {
                var id = await analyses.RecordAsync(session, call.Caller, analysis);
                return Answer.Created(new ChartAnalysisStored(true, "Analysis stored successfully", id), AnalysisStore.Table, id, analysis);
            })
        { Audited = Audited.AsRecord, PerMinute = 100 };
        yield return create;
        yield return create.Batch("createAnalyses", "Store up to 5,000 analyses, all or none");
    }
}

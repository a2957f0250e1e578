using System.Text.Json.Serialization.Metadata;
using Pilothouse.Contract;
using Pilothouse.Operations;

namespace Pilothouse.Correlation;

/// <summary>The operations on correlations.</summary>
internal sealed class CorrelationFeature : Feature
{
    private static readonly QueryShape LatestQuery = new(
        QueryParameter.Text("asset1", "One asset, in any case; alone, its newest correlation with any other. Without both, the newest of any two.") with { Upper = true },
        QueryParameter.Text("asset2", "The other asset; where both are sent, their order does not matter.") with { Upper = true },
        QueryParameter.PeriodDays);

    public override string Tag => "Correlation";

    public override string About => "How assets move together.";

    public override IJsonTypeInfoResolver Json => CorrelationJson.Default;

    public override void AddServices(IServiceCollection services) => services.AddSingleton<CorrelationService>();

    public override IEnumerable<EventSource> Events(IServiceProvider parts) => [EventSource.Of(CorrelationStore.Table, CorrelationJson.Default.AssetCorrelation, "correlation")];

    public override IEnumerable<Operation> Operations(IServiceProvider parts)
    {
        var correlations = parts.GetRequiredService<CorrelationService>();
        yield return new Read<OneOrNone<AssetCorrelation>>("latestCorrelation", "GET /api/correlation", "The newest correlation of two assets, or null",
            CorrelationJson.Default.OneOrNoneAssetCorrelation, static async (session, _, query) =>
            {
                var (asset1, asset2, days) = (query.Text("asset1"), query.Text("asset2"), query.Whole("period_days"));
                return new OneOrNone<AssetCorrelation>(true, await ((asset1, asset2) switch
                {
                    (null, null) => CorrelationStore.FindLatestAsync(session, days),
                    ({ } asset, null) => CorrelationStore.FindLatestOfAsset1Async(session, asset, days),
                    (null, { } asset) => CorrelationStore.FindLatestOfAsset2Async(session, asset, days),
                    _ => CorrelationStore.FindLatestAsync(session, asset1, asset2, days),
                }));
            })
        { Query = LatestQuery, PerMinute = 100 };

        var create = new Write<NewCorrelation, CorrelationStored>("createCorrelation", "POST /api/correlation", "Store a correlation",
            CorrelationJson.Default.NewCorrelation, CorrelationJson.Default.CorrelationStored, async (session, call, correlation) =>
            {
                var id = await correlations.RecordAsync(session, call.Caller, correlation);
                return Answer.Created(new CorrelationStored(true, "Correlation stored successfully", id), CorrelationStore.Table, id, correlation);
            })
        { Audited = Audited.AsRecord, PerMinute = 100 };
        yield return create;
        yield return create.Batch("createCorrelations", "Store up to 5,000 correlations, all or none");
    }
}

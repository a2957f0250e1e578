using System.Text.Json.Serialization.Metadata;
using Pilothouse.Contract;
using Pilothouse.Operations;
using Pilothouse.Storage;

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

    public override void AddServices(IServiceCollection services) => services.AddSingleton<CorrelationService>()
        .AddSingleton<CorrelationComputer>().AddSingleton<CorrelationKeeper>().AddHostedService(static parts => parts.GetRequiredService<CorrelationKeeper>());

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

        yield return new Read<OneOrNone<CorrelationMatrix>>("correlationMatrix", "GET /api/correlation/matrix", "The newest matrix of correlations, or null",
            CorrelationJson.Default.OneOrNoneCorrelationMatrix,
            static async (session, _, query) => new(true, await MatrixStore.FindAsync(session, query.Whole("period_days"))))
        { Query = new(QueryParameter.PeriodDays), PerMinute = 100 };
        yield return Compute(parts.GetRequiredService<CorrelationComputer>(), parts.GetRequiredService<Database>());
    }

    /// <summary>The prices are read before the transaction begins, so that no other write waits for that.</summary>
    private static Write<NewComputation, CorrelationsComputed> Compute(CorrelationComputer computer, Database database) => new(
        "computeCorrelations", "POST /api/correlation/compute", "Compute the correlations of assets from stored prices, and store them",
        CorrelationJson.Default.NewComputation, CorrelationJson.Default.CorrelationsComputed, async (session, call, asked) =>
        {
            var matrix = asked.Matrix!;
            var count = await computer.StoreAsync(session, call.Caller, matrix);
            var record = new ComputationRecord(matrix.PeriodDays, matrix.Assets, count);
            return new Answer<CorrelationsComputed>(201, new(true, "Correlations computed successfully", count, matrix))
            { Changed = new(CorrelationStore.Table.Name, null, null, _ => new(JsonText.OfRecord(record, CorrelationJson.Default.ComputationRecord))) };
        })
    {
        Prepare = async (call, asked) => asked.Matrix = await database.SnapshotAsync(
            call.Caller.Reads, session => computer.ComputeAsync(session, asked.Assets?.Select(static asset => asset!), asked.PeriodDays ?? CorrelationKeeper.PeriodDays), call.Cancel),
        PerMinute = 100,
    };
}

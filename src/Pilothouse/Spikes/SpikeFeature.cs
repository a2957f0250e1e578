using System.Text.Json.Serialization.Metadata;
using Pilothouse.Contract;
using Pilothouse.Operations;
using Pilothouse.Storage;

namespace Pilothouse.Spikes;

/// <summary>The operations on spikes.</summary>
internal sealed class SpikeFeature : Feature
{
    private static readonly QueryShape ListQuery = new([
        QueryParameter.Limit(50), QueryParameter.Cursor, CsvExport.Format, .. SpikeStore.Table.Filters, QueryParameter.From, QueryParameter.To]);

    private static readonly QueryShape DetectorsQuery = new(
        QueryParameter.Pair,
        QueryParameter.OneOf("direction", "Only pumps, or only dumps.", NewSpike.Directions),
        QueryParameter.Text("spike_type", "Only of this type."),
        QueryParameter.Text("agent_detected_by", "Only of this detector."),
        QueryParameter.BotName,
        QueryParameter.OneOf("horizon", "After how many hours the price judges a spike without a trade.", SpikeDetectors.Horizons, "1"),
        QueryParameter.From, QueryParameter.To);

    public override string Tag => "Spikes";

    public override string About => "Sudden moves of prices, and what came of them.";

    public override IJsonTypeInfoResolver Json => SpikeJson.Default;

    public override void AddServices(IServiceCollection services) => services.AddSingleton<SpikeService>();

    public override IEnumerable<EventSource> Events(IServiceProvider parts) =>
    [
        new EventSource<Spike>(SpikeStore.Table, SpikeJson.Default.Spike, SpikeStore.Table.Read,
            ("recorded", "spike.detected"), ("changed", "spike.changed"), ("removed", "spike.removed"))
        { Complete = SpikeOutcomes.ShowAsync },
    ];

    public override IEnumerable<Operation> Operations(IServiceProvider parts)
    {
        var (spikes, clock) = (parts.GetRequiredService<SpikeService>(), parts.GetRequiredService<TimeProvider>());
        yield return new Read<Page<Spike>>("listSpikes", "GET /api/spikes", "Spikes, newest first", SpikeJson.Default.PageSpike, ListAsync)
        {
            Query = ListQuery,
            PerMinute = 200,
            Csv = new CsvExport<Spike>("spikes.csv", parts.GetRequiredService<Database>(), SpikeJson.Default.Spike, ListAsync),
        };

        yield return new Read<One<Spike>>("getSpike", "GET /api/spikes/{id}", "One spike", SpikeJson.Default.OneSpike,
            static async (session, call, _) => new(true, await SpikeService.FindAsync(session, call.Id)))
        { MayFindNothing = true, PerMinute = 300 };

        yield return new Read<DetectorsAnswer>("listSpikeDetectors", "GET /api/spikes/detectors", "How often each detector was right",
            SpikeJson.Default.DetectorsAnswer, (session, _, query) => SpikeDetectors.ReadAsync(session, query, clock.GetUtcNow()))
        { Query = DetectorsQuery, TellsAge = static _ => true, PerMinute = 100 };

        var create = new Write<NewSpike, SpikeStored>("createSpike", "POST /api/spikes", "Store a spike", SpikeJson.Default.NewSpike, SpikeJson.Default.SpikeStored,
            async (session, call, spike) =>
            {
                var id = await spikes.RecordAsync(session, call.Caller, spike);
                return Answer.Created(new SpikeStored(true, "Spike stored successfully", id), SpikeStore.Table, id, spike);
            })
        { Audited = Audited.AsRecord, PerMinute = 100 };
        yield return create;
        yield return create.Batch("createSpikes", "Store up to 5,000 spikes, all or none");

        yield return new Write<SpikeChange, SpikeChanged>("changeSpike", "PATCH /api/spikes/{id}", "Take a spike a step further: analyzed, then traded or skipped",
            SpikeJson.Default.SpikeChange, SpikeJson.Default.SpikeChanged, async (session, call, change) =>
            {
                var (before, after) = await spikes.ChangeAsync(session, call.Caller, call.Id, change);
                return Answer.Ok(new SpikeChanged(true, "Spike updated successfully", after.Id, after)) with
                {
                    Id = after.Id,
                    Changed = new(SpikeStore.Table.Name, after.Id, () => JsonOf(before), _ => new(JsonOf(after))),
                };
            })
        { Statuses = [200], Audited = Audited.AsRecord, PerMinute = 100 };
    }

    private static async ValueTask<Page<Spike>> ListAsync(Session session, Call call, QueryValues query)
    {
        var page = await SpikeStore.List.PageAsync(session, query, query.Whole("limit"), SpikeStore.Table.Read);
        await SpikeOutcomes.ShowAsync(session, page.Data);
        return page;
    }

    private static string JsonOf(Spike spike) => JsonText.OfRecord(spike, SpikeJson.Default.Spike);
}

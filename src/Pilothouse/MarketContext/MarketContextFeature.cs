using System.Text.Json.Serialization.Metadata;
using Pilothouse.Contract;
using Pilothouse.Operations;
using Pilothouse.Storage;

namespace Pilothouse.MarketContext;

/// <summary>The operations on the market context.</summary>
internal sealed class MarketContextFeature : Feature
{
    private static readonly QueryShape HistoryQuery = new(
        QueryParameter.Limit(100), QueryParameter.Cursor,
        QueryParameter.Hours with { Default = null, Description = "How far back, in hours; 24 where neither from_date nor to_date is sent." },
        QueryParameter.From, QueryParameter.To);

    public override string Tag => "Market context";

    public override string About => "The market as a whole.";

    public override IJsonTypeInfoResolver Json => MarketContextJson.Default;

    public override void AddServices(IServiceCollection services) => services.AddSingleton<MarketContextService>();

    public override IEnumerable<EventSource> Events(IServiceProvider parts) =>
    [
        new EventSource<MarketSnapshot>(MarketContextStore.Table, MarketContextJson.Default.MarketSnapshot, MarketContextStore.Table.Read,
            ("recorded", "market.observed"), ("changed", "market.changed"), ("removed", "market.removed")),
    ];

    public override IEnumerable<Operation> Operations(IServiceProvider parts)
    {
        var markets = parts.GetRequiredService<MarketContextService>();
        var (database, clock) = (parts.GetRequiredService<Database>(), parts.GetRequiredService<TimeProvider>());
        yield return new Read<One<MarketSnapshot>>("latestMarketContext", "GET /api/market-context", "The newest snapshot of the market",
            MarketContextJson.Default.OneMarketSnapshot,
            static (session, _, query) => MarketContextStore.List.NewestAsync(session, query, MarketContextStore.Table.Read, "No market context data available",
                static _ => "Nothing was stored yet; POST /api/market-context stores a snapshot of the market."))
        { MayFindNothing = true, PerMinute = 200 };

        // A fresh read, because the window moves with the clock.
        yield return new FreshRead<Page<MarketSnapshot>>("marketContextHistory", "GET /api/market-context/history", "Snapshots of the market, newest first",
            MarketContextJson.Default.PageMarketSnapshot, (call, query) =>
            {
                var hours = query.Number("hours") ?? (query.Has("from_date") || query.Has("to_date") ? null : 24);
                DateTimeOffset? since = hours is { } back ? clock.GetUtcNow().AddHours(-back) : null;
                return database.ReadAsync(call.Caller.Reads,
                    session => MarketContextStore.List.PageAsync(session, query, query.Whole("limit"), MarketContextStore.Table.Read, since), call.Cancel);
            })
        { Query = HistoryQuery, PerMinute = 100 };

        var create = new Write<NewMarketSnapshot, MarketSnapshotStored>("createMarketContext", "POST /api/market-context", "Store a snapshot of the market",
            MarketContextJson.Default.NewMarketSnapshot, MarketContextJson.Default.MarketSnapshotStored, async (session, call, market) =>
            {
                var id = await markets.RecordAsync(session, call.Caller, market);
                return Answer.Created(new MarketSnapshotStored(true, "Market context stored successfully", id), MarketContextStore.Table, id, market);
            })
        { Audited = Audited.AsRecord, PerMinute = 100 };
        yield return create;
        yield return create.Batch("createMarketContexts", "Store up to 5,000 snapshots of the market, all or none");
    }
}

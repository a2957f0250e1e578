using Pilothouse.Api;

namespace Pilothouse.Signals;

/// <summary>Signals over HTTP.</summary>
internal static class SignalEndpoints
{
    private static readonly QueryParameter[] Filters = [.. SignalStore.Table.Filters, QueryParameter.From, QueryParameter.To];

    private static readonly QueryShape ListQuery = new([QueryParameter.Limit(50), QueryParameter.Cursor, .. Filters]);

    private static readonly QueryShape LatestQuery = new(Filters);

    public static void AddSignals(this IServiceCollection services) => services.AddSingleton<SignalService>();

    public static void MapSignals(this IEndpointRouteBuilder routes)
    {
        var signals = routes.MapGroup("/api/signals").WithTags("Signals");
        signals.MapMethods("", Http.Read, ListAsync).Named("listSignals", "Signals, newest first").Takes(ListQuery).Answers<Page<Signal>>().Refuses(400, 403, 429, 503).PerMinute(200);
        signals.MapMethods("/latest", Http.Read, LatestAsync).Named("latestSignal", "The newest signal").Takes(LatestQuery).Answers<One<Signal>>().Refuses(400, 403, 404, 429, 503).PerMinute(300);
        signals.MapPost("", CreateAsync).Named("createSignal", "Store a signal").Takes<NewSignal>().Answers<SignalStored>(201).RefusesAsWrite().PerMinute(100);
    }

    private static Task ListAsync(HttpContext http, AnswerCache cache) => cache.AnswerAsync(http, SignalJson.Default.PageSignal, session =>
    {
        var query = ListQuery.Read(http.Request);
        return SignalStore.List.PageAsync(session, query, query.Whole("limit"), SignalStore.Table.Read);
    });

    private static Task LatestAsync(HttpContext http, AnswerCache cache) => cache.AnswerAsync(http, SignalJson.Default.OneSignal, async session =>
    {
        var query = LatestQuery.Read(http.Request);
        var page = await SignalStore.List.PageAsync(session, query, 1, SignalStore.Table.Read);
        return page.Count > 0
            ? new One<Signal>(true, page.Data[0])
            : throw Refusal.NotFound("No signals found", query.Named() is { } filters
                ? $"No signal has this {filters}; GET /api/signals lists what there is."
                : "Nothing was stored yet; POST /api/signals stores a signal.");
    });

    private static Task CreateAsync(HttpContext http, WriteDoor door, SignalService signals) =>
        door.RunAsync(http, SignalJson.Default.NewSignal, SignalJson.Default.SignalStored, async (session, caller, signal) =>
            Answer.Created(new SignalStored(true, "Signal created successfully", await signals.RecordAsync(session, caller, signal))));
}

using Pilothouse.Api;

namespace Pilothouse.Trades;

/// <summary>Trades over HTTP.</summary>
internal static class TradeEndpoints
{
    /// <summary>A bot must see every position that it has.</summary>
    private const int MostOpen = 5000;

    private static readonly QueryParameter[] Filters = [.. TradeStore.Table.Filters, QueryParameter.From, QueryParameter.To];

    private static readonly QueryShape ListQuery = new([
        QueryParameter.Limit(50), QueryParameter.Cursor,
        QueryParameter.OneOf("status", "Only these.", NewTrade.Statuses),
        .. Filters,
        new QueryParameter("closed_from", QueryKind.Time, "Only trades closed from this time on, inclusive."),
        new QueryParameter("closed_to", QueryKind.TimeTo, "Only trades closed up to this time, inclusive.")]);

    private static readonly QueryShape OpenQuery = new([
        QueryParameter.Limit(MostOpen) with { Most = MostOpen, Description = "How many trades at most; more than 5000 is cut to 5000." },
        QueryParameter.Cursor,
        QueryParameter.OneOf("status", "open, which all of them are.", NewTrade.Statuses),
        .. Filters]);

    public static void AddTrades(this IServiceCollection services) => services.AddSingleton<TradeService>();

    public static void MapTrades(this IEndpointRouteBuilder routes)
    {
        var trades = routes.MapGroup("/api/trades").WithTags("Trades");
        trades.MapMethods("", Http.Read, ListAsync).Named("listTrades", "Trades, newest first").Takes(ListQuery).Answers<Page<Trade>>().Refuses(400, 403, 429, 503).PerMinute(200);
        trades.MapMethods("/open", Http.Read, ListOpenAsync).Named("listOpenTrades", "Every open trade").Takes(OpenQuery).Answers<Page<Trade>>().Refuses(400, 403, 429, 503).PerMinute(300);
        trades.MapMethods("/{id}", Http.Read, FindAsync).Named("getTrade", "One trade").TakesId().Answers<One<Trade>>().Refuses(400, 403, 404, 429, 503).PerMinute(300);
        trades.MapPost("", CreateAsync).Named("createTrade", "Store a trade").Takes<NewTrade>().Answers<TradeStored>(201).Answers<TradeStored>(200).RefusesAsWrite().PerMinute(100);
        trades.MapPatch("/{id}", ChangeAsync).Named("changeTrade", "Change an open trade").TakesId().Takes<TradeChange>().Answers<TradeChanged>().RefusesAsWrite(404).PerMinute(100);
        trades.MapPost("/{id}/close", CloseAsync).Named("closeTrade", "Close an open trade; its profit is computed here").TakesId().Takes<TradeClose>().Answers<TradeChanged>().RefusesAsWrite(404).PerMinute(100);
    }

    private static Task ListAsync(HttpContext http, AnswerCache cache) => cache.AnswerAsync(http, TradeJson.Default.PageTrade, session =>
    {
        var query = ListQuery.Read(http.Request);

        // A few trades are open among all that ever were: no other filter finds them as fast.
        var list = query.Text("status") == "open" ? TradeStore.Open : TradeStore.List;
        return list.PageAsync(session, query, query.Whole("limit"), TradeStore.Table.Read);
    });

    private static Task ListOpenAsync(HttpContext http, AnswerCache cache) => cache.AnswerAsync(http, TradeJson.Default.PageTrade, session =>
    {
        var query = OpenQuery.Read(http.Request);
        return query.Text("status") is null or "open"
            ? TradeStore.Open.PageAsync(session, query, query.Whole("limit"), TradeStore.Table.Read)
            : throw Refusal.Invalid("status", "must be open here, or left out; GET /api/trades?status=closed lists closed trades");
    });

    private static Task FindAsync(HttpContext http, AnswerCache cache) => cache.AnswerAsync(http, TradeJson.Default.OneTrade, async session =>
        new One<Trade>(true, await TradeService.FindAsync(session, Http.IdOf(http))));

    private static Task CreateAsync(HttpContext http, WriteDoor door, TradeService trades) =>
        door.RunAsync(http, TradeJson.Default.NewTrade, TradeJson.Default.TradeStored, async (session, caller, trade) =>
        {
            var (id, isNew) = await trades.RecordAsync(session, caller, trade);
            return isNew ? Answer.Created(new TradeStored(true, "Trade created successfully", id)) : Answer.Ok(new TradeStored(true, "Trade was stored before", id));
        });

    private static Task ChangeAsync(HttpContext http, WriteDoor door, TradeService trades)
    {
        var id = Http.IdOf(http);
        return door.RunAsync(http, TradeJson.Default.TradeChange, TradeJson.Default.TradeChanged, async (session, caller, change) =>
            Answer.Ok(new TradeChanged(true, "Trade updated successfully", id, await trades.ChangeAsync(session, caller, id, change))));
    }

    private static Task CloseAsync(HttpContext http, WriteDoor door, TradeService trades)
    {
        var id = Http.IdOf(http);
        return door.RunAsync(http, TradeJson.Default.TradeClose, TradeJson.Default.TradeChanged, async (session, caller, close) =>
            Answer.Ok(new TradeChanged(true, "Trade closed successfully", id, await trades.CloseAsync(session, caller, id, close))));
    }
}

using System.Text.Json.Serialization.Metadata;
using Pilothouse.Auth;
using Pilothouse.Contract;
using Pilothouse.Operations;
using Pilothouse.Storage;

namespace Pilothouse.Trades;

/// <summary>The operations on trades.</summary>
internal sealed class TradeFeature : Feature
{
    /// <summary>The most open trades of an answer. It is high, because a bot must see all of its positions.</summary>
    private const int MostOpen = 5000;

    private static readonly QueryParameter[] Filters = [.. TradeStore.Table.Filters, QueryParameter.From, QueryParameter.To];

    private static readonly QueryShape ListQuery = new([
        QueryParameter.Limit(50), QueryParameter.Cursor,
        QueryParameter.OneOf("status", "Only these; voided trades are listed where they are asked for.", NewTrade.ListedStatuses),
        .. Filters,
        new QueryParameter("closed_from", QueryKind.Time, "Only trades closed from this time on, inclusive."),
        new QueryParameter("closed_to", QueryKind.TimeTo, "Only trades closed up to this time, inclusive.")]);

    private static readonly QueryShape OpenQuery = new([
        QueryParameter.Limit(MostOpen) with { Most = MostOpen, Description = "How many trades at most; more than 5000 is cut to 5000." },
        QueryParameter.Cursor,
        QueryParameter.OneOf("status", "open, which all of them are.", NewTrade.Statuses),
        .. Filters]);

    public override string Tag => "Trades";

    public override string About => "Positions from their opening to their close.";

    public override IJsonTypeInfoResolver Json => TradeJson.Default;

    public override void AddServices(IServiceCollection services) =>
        services.AddSingleton<TradeAccess>().AddSingleton<FillService>().AddSingleton<TradeService>();

    public override IEnumerable<EventSource> Events(IServiceProvider parts) =>
    [
        new EventSource<Trade>(TradeStore.Table, TradeJson.Default.Trade, TradeStore.Read,
            ("opened", "trade.opened"), ("changed", "trade.changed"), ("closed", "trade.closed"), ("removed", "trade.removed")),
        new FillEvents(),
    ];

    public override IEnumerable<Operation> Operations(IServiceProvider parts) =>
        [.. Reads(parts.GetRequiredService<ITradePrices>()), .. Writes(parts.GetRequiredService<TradeService>()), .. FillOperations.All(parts.GetRequiredService<FillService>())];

    private static IEnumerable<Operation> Reads(ITradePrices prices)
    {
        yield return new Read<Page<Trade>>("listTrades", "GET /api/trades", "Trades, newest first", TradeJson.Default.PageTrade, (session, _, query) =>
        {
            // Few of all trades are open, so no other filter finds them as fast as the status does.
            var list = query.Text("status") switch { "open" => TradeStore.Open, "voided" => TradeStore.Voided, _ => TradeStore.List };
            return PageAsync(list, session, query);
        })
        { Query = ListQuery, TellsAges = true, PerMinute = 200 };

        yield return new Read<Page<Trade>>("listOpenTrades", "GET /api/trades/open", "Every open trade", TradeJson.Default.PageTrade, (session, _, query) =>
            query.Text("status") is null or "open"
                ? PageAsync(TradeStore.Open, session, query)
                : throw Refusal.Invalid("status", "must be open here, or left out; GET /api/trades?status=closed lists closed trades"))
        { Query = OpenQuery, TellsAges = true, PerMinute = 300 };

        yield return new Read<One<Trade>>("getTrade", "GET /api/trades/{id}", "One trade", TradeJson.Default.OneTrade,
            async (session, call, _) =>
            {
                var trade = await TradeAccess.FindAsync(session, call.Id);
                await prices.ShowAsync(session, [trade]);
                return new One<Trade>(true, trade);
            })
        { MayFindNothing = true, TellsAges = true, PerMinute = 300 };

        async ValueTask<Page<Trade>> PageAsync(ListSql list, Session session, QueryValues query)
        {
            var page = await list.PageAsync(session, query, query.Whole("limit"), TradeStore.Read);
            await prices.ShowAsync(session, page.Data);
            return page;
        }
    }

    private static IEnumerable<Operation> Writes(TradeService trades)
    {
        var create = new Write<NewTrade, TradeStored>("createTrade", "POST /api/trades", "Store a trade", TradeJson.Default.NewTrade, TradeJson.Default.TradeStored,
            async (session, call, trade) =>
            {
                var (stored, isNew) = await trades.RecordAsync(session, call.Caller, trade);
                return isNew
                    ? Answer.Created(new TradeStored(true, "Trade created successfully", stored.Id), TradeStore.Table, stored.Id, trade) with
                    { Changed = new(TradeStore.Table.Name, stored.Id, null, _ => new(JsonOf(stored))) }
                    : Answer.Ok(new TradeStored(true, "Trade was stored before", stored.Id)) with { Id = stored.Id };
            })
        { Statuses = [201, 200], PerMinute = 100 };
        yield return create;
        yield return create.Batch("createTrades", "Store up to 5,000 trades, all or none");

        yield return new Write<TradeChange, TradeChanged>("changeTrade", "PATCH /api/trades/{id}", "Change an open trade, or put a closed one right with a reason",
            TradeJson.Default.TradeChange, TradeJson.Default.TradeChanged,
            async (session, call, change) => Done("Trade updated successfully", await trades.ChangeAsync(session, call.Caller, call.Id, change), change.Reason))
        { Statuses = [200], PerMinute = 100 };

        yield return new Write<TradeClose, TradeChanged>("closeTrade", "POST /api/trades/{id}/close", "Close an open trade or a part of it; its profit is computed here",
            TradeJson.Default.TradeClose, TradeJson.Default.TradeChanged,
            async (session, call, close) =>
            {
                var trade = await trades.CloseAsync(session, call.Caller, call.Id, close);
                return Done(trade.After.IsClosed ? "Trade closed successfully" : "Trade closed in part", trade);
            })
        { Statuses = [200], PerMinute = 100 };

        yield return new Write<TradeVoid, TradeChanged>("voidTrade", "POST /api/trades/{id}/void", "Take a trade out of every figure, with a reason; it is never deleted",
            TradeJson.Default.TradeVoid, TradeJson.Default.TradeChanged,
            async (session, call, input) => Done("Trade voided", await trades.VoidAsync(session, call.Caller, call.Id, input), input.Reason))
        { Statuses = [200], Scope = Scopes.Control, PerMinute = 100 };
    }

    private static Answer<TradeChanged> Done(string message, (Trade Before, Trade After) trade, string? reason = null) =>
        Answer.Ok(new TradeChanged(true, message, trade.After.Id, trade.After)) with
        {
            Id = trade.After.Id,
            Changed = new(TradeStore.Table.Name, trade.After.Id, () => JsonOf(trade.Before), _ => new(JsonOf(trade.After))) { Reason = reason },
        };

    private static string JsonOf(Trade trade) => JsonText.OfRecord(trade, TradeJson.Default.Trade);
}

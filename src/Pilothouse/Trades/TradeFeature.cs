using System.Text.Json.Serialization.Metadata;
using Pilothouse.Auth;
using Pilothouse.Configuration;
using Pilothouse.Contract;
using Pilothouse.Operations;
using Pilothouse.Storage;

namespace Pilothouse.Trades;

/// <summary>The operations on trades.</summary>
internal sealed class TradeFeature : Feature
{
    public override string Tag => "Trades";

    public override string About => "Positions from their opening to their close.";

    public override IJsonTypeInfoResolver Json => TradeJson.Default;

    public override void AddServices(IServiceCollection services) =>
        services.AddSingleton<TradeAccess>().AddSingleton<FillService>().AddSingleton<TradeService>();

    public override IEnumerable<EventSource> Events(IServiceProvider parts) =>
    [
        new EventSource<Trade>(TradeStore.Table, TradeJson.Default.Trade, TradeStore.Read,
            ("opened", "trade.opened"), ("changed", "trade.changed"), ("closed", "trade.closed"), ("removed", "trade.removed"))
        { Complete = parts.GetRequiredService<ITradePrices>().ShowAsync },
        new FillEvents(),
    ];

    public override IEnumerable<Operation> Operations(IServiceProvider parts)
    {
        var database = parts.GetRequiredService<Database>();
        return
        [
            .. TradeReads.All(parts.GetRequiredService<ITradePrices>(), database), .. Writes(parts.GetRequiredService<TradeService>()),
            .. FillOperations.All(parts.GetRequiredService<FillService>(), database),
        ];
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
        { Statuses = [201, 200], PerMinute = 100, Consents = new(static _ => [ConsentSettings.OpenTrade], static (_, _, trade) => new(trade.BotName)) };
        yield return create;
        yield return create.Batch("createTrades", "Store up to 5,000 trades, all or none");

        yield return new Write<TradeChange, TradeChanged>("changeTrade", "PATCH /api/trades/{id}", "Change an open trade, or put a closed one right with a reason",
            TradeJson.Default.TradeChange, TradeJson.Default.TradeChanged,
            async (session, call, change) => Done("Trade updated successfully", await trades.ChangeAsync(session, call.Caller, call.Id, change), change.Reason))
        { Statuses = [200], PerMinute = 100, Consents = new(static change => change.Has(TradeFields.Quantity) ? [ConsentSettings.ChangeTrade, ConsentSettings.OpenTrade] : [ConsentSettings.ChangeTrade], TradeAccess.BotOfAsync) };

        yield return new Write<TradeClose, TradeChanged>("closeTrade", "POST /api/trades/{id}/close", "Close an open trade or a part of it; its profit is computed here",
            TradeJson.Default.TradeClose, TradeJson.Default.TradeChanged,
            async (session, call, close) =>
            {
                var trade = await trades.CloseAsync(session, call.Caller, call.Id, close);
                return Done(trade.After.IsClosed ? "Trade closed successfully" : "Trade closed in part", trade);
            })
        { Statuses = [200], PerMinute = 100, Consents = new(static _ => [ConsentSettings.CloseTrade], TradeAccess.BotOfAsync) };

        yield return new Write<TradeVoid, TradeChanged>("voidTrade", "POST /api/trades/{id}/void", "Take a trade out of every figure, with a reason; it is never deleted",
            TradeJson.Default.TradeVoid, TradeJson.Default.TradeChanged,
            async (session, call, input) => Done("Trade voided", await trades.VoidAsync(session, call.Caller, call.Id, input), input.Reason))
        { Statuses = [200], Scope = Scopes.Control, PerMinute = 100, Consents = new(static _ => [ConsentSettings.ChangeTrade], TradeAccess.BotOfAsync) };
    }

    private static Answer<TradeChanged> Done(string message, (Trade Before, Trade After) trade, string? reason = null) =>
        Answer.Ok(new TradeChanged(true, message, trade.After.Id, trade.After)) with
        {
            Id = trade.After.Id,
            Changed = new(TradeStore.Table.Name, trade.After.Id, () => JsonOf(trade.Before), _ => new(JsonOf(trade.After))) { Reason = reason },
        };

    private static string JsonOf(Trade trade) => JsonText.OfRecord(trade, TradeJson.Default.Trade);
}

using Pilothouse.Contract;
using Pilothouse.Operations;
using Pilothouse.Storage;

namespace Pilothouse.Trades;

/// <summary>The events of the table <c>fills</c>. A fill is sent as the list of its trade shows it, for the pair and the bot of the trade.</summary>
internal sealed class FillEvents() : EventSource(
    FillStore.Table.Name, ("recorded", "fill.recorded"), ("changed", "fill.changed"), ("removed", "fill.removed"))
{
    public override async ValueTask<List<EventRow>> ReadAsync(Session session, IReadOnlyList<long> ids)
    {
        var rows = new List<EventRow>(ids.Count);
        var asked = ids.ToHashSet();
        var trades = new HashSet<long>();
        foreach (var id in ids)
        {
            if (await FillStore.FindTradeAsync(session, id) is { } tradeId && trades.Add(tradeId) && await TradeStore.FindAsync(session, tradeId) is { } trade)
            {
                rows.AddRange((await ShownFills.OfAsync(session, trade)).Where(fill => fill.Id is { } known && asked.Contains(known))
                    .Select(fill => new EventRow(fill.Id!.Value, JsonText.Utf8(fill, TradeJson.Default.Fill), trade.TradingPair, trade.BotName)));
            }
        }

        return rows;
    }
}

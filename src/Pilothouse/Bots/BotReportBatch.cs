using Pilothouse.Operations;
using Pilothouse.Storage;

namespace Pilothouse.Bots;

/// <summary>A batch of reports. Its answer also says what is asked of each bot that is in it.</summary>
internal sealed class BotReportBatch(Write<NewBotStatus, BotStatusStored> one, string name, string summary)
    : Batch<NewBotStatus, BotStatusStored>(one, name, summary)
{
    public override IEnumerable<(int Status, Type Type)> Answers => [(201, typeof(BotStatusesStored))];

    public override Task<Outcome> RunAsync(OperationRunner runner, Call call, ReadOnlyMemory<byte> body) => runner.WriteAsync(
        this, call, body, (json, now) => Parse(call, json.Span, now), BotJson.Default.BotStatusesStored, StoreAsync);

    private async ValueTask<Answer<BotStatusesStored>> StoreAsync(Session session, Call call, List<NewBotStatus> items)
    {
        var stored = await WorkAsync(session, call, items);
        var controls = new List<BotOrders>();
        foreach (var bot in items.Select(item => call.Caller.BotFor(item.BotName)!).Distinct())
        {
            controls.Add(await ControlService.OrdersOfAsync(session, bot));
        }

        var body = stored.Body;
        return new(stored.Status, new(body.Success, body.Message, body.Count, body.StoredBefore, body.Ids, controls)) { Changed = stored.Changed, Then = stored.Then };
    }
}

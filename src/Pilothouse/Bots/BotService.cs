using Pilothouse.Auth;
using Pilothouse.Storage;

namespace Pilothouse.Bots;

/// <summary>Stores the reports of bots. Every new report goes through this class.</summary>
internal sealed class BotService(ControlService controls, TimeProvider clock)
{
    /// <summary>Stores a checked report in the transaction of <paramref name="session"/>, and takes the control that it names as heard.</summary>
    /// <returns>Its id, and what is asked of the bot.</returns>
    public async ValueTask<(long Id, BotOrders Orders)> RecordAsync(Session session, Caller caller, NewBotStatus status)
    {
        var bot = caller.BotFor(status.BotName)!;
        var id = await BotStore.Table.InsertAsync(session, caller, status, clock.GetUtcNow());
        if (status.ControlSeq is { } heard)
        {
            await controls.TakeAsync(session, bot, heard, isDone: false);
        }

        return (id, await ControlService.OrdersOfAsync(session, bot));
    }
}

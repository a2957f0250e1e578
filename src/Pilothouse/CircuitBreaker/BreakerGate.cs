using System.Globalization;
using Pilothouse.Contract;
using Pilothouse.Storage;
using Pilothouse.Trades;

namespace Pilothouse.CircuitBreaker;

/// <summary>
/// Refuses to open or enlarge a position while the breaker is triggered or recovering. It asks the database, so it is right whichever
/// server has decided.
/// </summary>
internal sealed class BreakerGate : ITradeGate
{
    public async ValueTask DemandAsync(Session session, string? botName, string? mode)
    {
        foreach (var opened in await OpenEventsOfCommit.FindAsync(session))
        {
            if (opened.Stops(botName, mode))
            {
                throw RefusalOf(opened);
            }
        }
    }

    private static Refusal RefusalOf(OpenEvent opened)
    {
        var clearing = opened.BotName is null ? "" : $" with bot_name {opened.BotName}";
        var after = opened.IsRecovering ? " It clears by itself if no price falls further." : "";
        return new Refusal(409, ErrorCodes.BreakerTriggered, "Circuit breaker triggered", string.Create(CultureInfo.InvariantCulture,
            $"Trading is stopped ({opened.Type}): {opened.Reason.TrimEnd('.')}. Open nothing until GET /api/circuit-breaker says may_trade; closing and changing trades stay possible.{after} POST /api/circuit-breaker/clear{clearing} clears it by hand."));
    }
}

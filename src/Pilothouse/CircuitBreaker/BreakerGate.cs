using System.Globalization;
using Pilothouse.Contract;
using Pilothouse.Storage;
using Pilothouse.Trades;

namespace Pilothouse.CircuitBreaker;

/// <summary>
/// Refuses to open or enlarge a position while the breaker is triggered or recovering. It asks the database, so it is right whichever
/// server has decided. What it refuses is kept (<see cref="BreakerRefusals"/>).
/// </summary>
internal sealed class BreakerGate(TimeProvider clock) : ITradeGate
{
    public async ValueTask DemandAsync(Session session, WantedPosition wanted)
    {
        foreach (var opened in await OpenEventsOfCommit.FindAsync(session))
        {
            if (opened.Stops(wanted.BotName, wanted.Mode))
            {
                throw RefusalOf(opened, wanted);
            }
        }
    }

    private Refusal RefusalOf(OpenEvent opened, WantedPosition wanted)
    {
        var now = clock.GetUtcNow();
        var clearing = opened.BotName is null ? "" : $" with bot_name {opened.BotName}";
        var recovery = opened.IsRecovering ? " It clears by itself if no price falls further." : "";
        return new Refusal(409, ErrorCodes.BreakerTriggered, "Circuit breaker triggered", string.Create(CultureInfo.InvariantCulture,
            $"Trading is stopped ({opened.Type}): {opened.Reason.TrimEnd('.')}. Open nothing until GET /api/circuit-breaker says may_trade; closing and changing trades stay possible.{recovery} POST /api/circuit-breaker/clear{clearing} clears it by hand."))
        { Record = after => BreakerRefusals.AddAsync(after, opened.Id, wanted, now) };
    }
}

using System.Globalization;
using Pilothouse.Auth;
using Pilothouse.Configuration;
using Pilothouse.Contract;
using Pilothouse.Storage;

namespace Pilothouse.Agents;

/// <summary>Stores decisions, and sets what became of them. What was decided is never rewritten.</summary>
internal sealed class DecisionService(Settings settings, TimeProvider clock)
{
    /// <summary>Stores a checked decision in the transaction of <paramref name="session"/>.</summary>
    /// <returns>Its id.</returns>
    public ValueTask<long> RecordAsync(Session session, Caller caller, NewDecision decision) =>
        DecisionStore.Table.InsertAsync(session, caller, decision, clock.GetUtcNow());

    /// <summary>Returns the decision; throws a refusal (404) if it does not exist.</summary>
    public static async ValueTask<Decision> FindAsync(Session session, long id) =>
        await DecisionStore.FindAsync(session, id) ?? throw Refusal.NotFound(
            "Decision not found", string.Create(CultureInfo.InvariantCulture, $"There is no decision {id}; GET /api/agents/decisions lists them."));

    /// <summary>Sets links of a decision.</summary>
    /// <returns>The decision before and after; the same if nothing has changed.</returns>
    public async ValueTask<(Decision Before, Decision After)> LinkAsync(Session session, Caller caller, long id, DecisionLinks links)
    {
        var before = await FindAsync(session, id);
        caller.DemandBot(before.BotName, settings.BotKeysMayChangeUnnamed);
        await DecisionStore.Table.DemandReferencesAsync(session, new NewDecision
        {
            SpikeEventId = links.SpikeEventId,
            CircuitBreakerEventId = links.CircuitBreakerEventId,
            TradeId = links.TradeId,
            SignalId = links.SignalId,
        });
        var after = before with
        {
            SpikeEventId = links.Has(DecisionLink.Spike) ? links.SpikeEventId : before.SpikeEventId,
            CircuitBreakerEventId = links.Has(DecisionLink.Breaker) ? links.CircuitBreakerEventId : before.CircuitBreakerEventId,
            TradeId = links.Has(DecisionLink.Trade) ? links.TradeId : before.TradeId,
            SignalId = links.Has(DecisionLink.Signal) ? links.SignalId : before.SignalId,
        };
        if (LinksOf(after) != LinksOf(before))
        {
            await DecisionStore.SetLinksAsync(session, after);
        }

        return (before, after);
    }

    private static (long?, long?, long?, long?) LinksOf(Decision decision) =>
        (decision.SpikeEventId, decision.CircuitBreakerEventId, decision.TradeId, decision.SignalId);
}

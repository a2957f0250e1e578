using System.Globalization;
using Pilothouse.Auth;
using Pilothouse.Configuration;
using Pilothouse.Contract;
using Pilothouse.Storage;
using Pilothouse.Trades;

namespace Pilothouse.Spikes;

/// <summary>Stores spikes and takes them on their way. Every new spike, and every step of one, goes through this class.</summary>
internal sealed class SpikeService(Settings settings, TimeProvider clock)
{
    /// <summary>Stores a checked spike in the transaction of <paramref name="session"/>.</summary>
    /// <returns>Its id.</returns>
    public async ValueTask<long> RecordAsync(Session session, Caller caller, NewSpike spike)
    {
        if (caller.BotName is not null && spike.TradeId is { } tradeId)
        {
            await DemandTradeAsync(session, caller, tradeId);
        }

        return await SpikeStore.Table.InsertAsync(session, caller, spike, clock.GetUtcNow());
    }

    /// <summary>Returns the spike; throws a refusal (404) if it does not exist.</summary>
    public static async ValueTask<Spike> FindAsync(Session session, long id)
    {
        var spike = await SpikeStore.FindAsync(session, id) ?? throw Refusal.NotFound(
            "Spike not found", string.Create(CultureInfo.InvariantCulture, $"There is no spike {id}; GET /api/spikes lists them."));
        await SpikeOutcomes.ShowAsync(session, [spike]);
        return spike;
    }

    /// <summary>Takes a spike a step further, or notes what was found out about it.</summary>
    /// <returns>The spike before and after; the same if nothing has changed.</returns>
    /// <exception cref="Refusal">The step is not one of its way, or lacks what it needs.</exception>
    public async ValueTask<(Spike Before, Spike After)> ChangeAsync(Session session, Caller caller, long id, SpikeChange change)
    {
        var before = await FindAsync(session, id);
        caller.DemandBot(before.BotName, settings.BotKeysMayChangeUnnamed);
        var status = SpikeFlow.Statuses.Normal(change.Status);
        if (status is not null)
        {
            SpikeFlow.DemandStep(id, before.Status, status);
        }

        var after = before with
        {
            Status = status ?? before.Status,
            SkipReason = change.Has(SpikeFields.SkipReason) ? change.SkipReason : before.SkipReason,
            TradeId = change.Has(SpikeFields.TradeId) ? change.TradeId : before.TradeId,
            ContextAnalysis = change.Has(SpikeFields.ContextAnalysis) ? change.ContextAnalysis : before.ContextAnalysis,
            RiskAssessment = change.Has(SpikeFields.RiskAssessment) ? change.RiskAssessment : before.RiskAssessment,
        };
        if (SpikeFlow.ProblemOf(SpikeFlow.Statuses.Normal(after.Status) ?? SpikeFlow.Detected, after.SkipReason, after.TradeId) is { } problem)
        {
            throw Refusal.Invalid(problem.Field, problem.Problem);
        }

        if (after.TradeId is { } tradeId && after.TradeId != before.TradeId)
        {
            await DemandTradeAsync(session, caller, tradeId);
        }

        if (KeyOf(before) != KeyOf(after) || change.Has(SpikeFields.ContextAnalysis) || change.Has(SpikeFields.RiskAssessment))
        {
            await SpikeStore.UpdateAsync(session, after, change);
        }

        await SpikeOutcomes.ShowAsync(session, [after]);
        return (before, after);
    }

    /// <summary>Refuses a trade that is not stored, or of another bot than the key's.</summary>
    private async ValueTask DemandTradeAsync(Session session, Caller caller, long tradeId)
    {
        var trade = await TradeStore.FindAsync(session, tradeId) ?? throw Refusal.Invalid("trade_id", "must be the id of a stored trade");
        caller.DemandBot(trade.BotName, settings.BotKeysMayChangeUnnamed);
    }

    private static (string?, string?, long?) KeyOf(Spike spike) => (spike.Status, spike.SkipReason, spike.TradeId);
}

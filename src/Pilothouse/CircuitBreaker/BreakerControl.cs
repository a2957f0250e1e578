using Pilothouse.Auth;
using Pilothouse.Configuration;
using Pilothouse.Contract;
using Pilothouse.Operations;
using Pilothouse.Storage;

namespace Pilothouse.CircuitBreaker;

/// <summary>Triggers and clears the breaker by hand.</summary>
internal sealed class BreakerControl(MarketFollower market, MoneyFollower money, Settings settings, TimeProvider clock)
{
    /// <summary>Stops all bots, or one. Who asks twice gets the event of the first time.</summary>
    /// <returns>The event's id, and whether it is new.</returns>
    public async ValueTask<(long Id, bool IsNew)> TriggerAsync(Session session, Caller caller, NewBreakerTrigger input)
    {
        var (bot, mode) = (caller.BotFor(input.BotName), NewBreakerTrigger.Modes.Normal(input.Mode));
        var open = await OpenEventsOfCommit.FindAsync(session);
        if (open.FirstOrDefault(one => one.Type == TriggerTypes.Manual && one.BotName == bot && one.Mode == mode) is { } known)
        {
            return (known.Id, false);
        }

        var opened = new OpenEvent(0, TriggerTypes.Manual, BreakerStatus.Triggered, Timestamps.Cut(clock.GetUtcNow()), input.Reason!, bot, mode, false, null);
        var id = await BreakerEvents.InsertAsync(session, opened, EventFacts.None with { Readings = market.Readings }, caller.Owner);
        OpenEventsOfCommit.Forget(session);
        return (id, true);
    }

    /// <summary>Clears what stops all bots, or what stops one.</summary>
    /// <returns>The events that were cleared, as they were before.</returns>
    public async ValueTask<List<BreakerEvent>> ClearAsync(Session session, Caller caller, NewBreakerClearing input)
    {
        var (bot, now) = (caller.BotFor(input.BotName), clock.GetUtcNow());
        var ofMoney = money.Judged;
        var (storedMarket, storedMoney) = (await BreakerState.FindAsync(session, MarketFollower.Name), await BreakerState.FindAsync(session, MoneyFollower.Name));
        if (storedMoney.Version != ofMoney.State.Version)
        {
            // Somebody has decided just now, and the measures here do not show it yet.
            throw new StaleWriteException("The circuit breaker changes again and again at this moment; send it again.", async cancel => await money.JudgeAsync(cancel));
        }

        // The market is measured in the transaction, with everything that is stored by now.
        var newest = await ChangeLog.NewestAsync(session);
        var judge = await MarketJudge.LoadAsync(session, settings.Breaker, storedMarket.Memory, newest, now);
        var measures = (bot is null ? [.. judge.Measures] : Array.Empty<Measured>()).Concat(ofMoney.Measures.Where(measure => measure.BotName == bot)).ToList();
        var holds = (input.Hold ?? []).Select(hold => hold!.ToHolds(measures, bot, now)).ToList();
        DemandHeld(measures, [.. holds.SelectMany(static hold => hold)]);

        var cleared = new List<BreakerEvent>();
        foreach (var opened in (await BreakerEvents.OpenAsync(session)).Where(one => one.BotName == bot))
        {
            cleared.Add((await BreakerEvents.FindAsync(session, opened.Id))!);
            await BreakerEvents.ClearAsync(session, opened, now, caller.Owner, $"Cleared by hand: {input.Reason}");
        }

        if (bot is null)
        {
            await StoreAsync(session, MarketFollower.Name, storedMarket, storedMarket with { Position = newest }, [.. holds.SelectMany(static hold => hold).Where(static hold => TriggerTypes.IsOfMarket(hold.TriggerType))]);
        }

        await StoreAsync(session, MoneyFollower.Name, storedMoney, ofMoney.State, [.. holds.SelectMany(static hold => hold).Where(static hold => !TriggerTypes.IsOfMarket(hold.TriggerType))]);
        OpenEventsOfCommit.Forget(session);
        return cleared;
    }

    /// <summary>Everything up to the clearing was judged: a restart does not judge it again.</summary>
    private static async ValueTask StoreAsync(Session session, string name, BreakerState stored, BreakerState judged, List<Hold> holds) =>
        await new BreakerState(Math.Max(stored.Position, judged.Position), stored.Version + 1, (judged.Memory with { Streaks = [] }).With(holds)).StoreAsync(session, name);

    private static void DemandHeld(IEnumerable<Measured> measures, IReadOnlyList<Hold> holds)
    {
        bool IsHeld(Measured measure) => holds.Any(hold => hold.IsFor(measure.TriggerType, measure.Name, measure.BotName, measure.Mode)
            && (hold.Limit is not { } limit || measure.IsWithin(limit)) && (hold.PeakFrom is null || measure.HasPeak));
        var past = measures.Where(measure => measure.IsPast && !IsHeld(measure)).ToList();
        if (past.Count > 0)
        {
            throw new Refusal(409, ErrorCodes.BreakerStillPastLimit, "A measure is still past its limit",
                $"{string.Join(" ", past.Select(static measure => measure.Message))} Say in hold what shall count from now: new_peak, another limit, or pause_minutes; else it would trigger again at once.")
            { Details = [.. past.Select(static measure => new FieldError(measure.Name, $"belongs to {measure.TriggerType} and is past its limit: send hold with this trigger_type"))] };
        }
    }
}

using Pilothouse.Configuration;
using Pilothouse.Contract;
using Pilothouse.MarketContext;

namespace Pilothouse.CircuitBreaker;

/// <summary>What is to be stored of a decision.</summary>
internal enum VerdictKind
{
    Trigger,
    Turn,
    Clear,
    Bypass,
}

/// <summary>One decision.</summary>
/// <param name="Case">The event that it is about.</param>
/// <param name="Event">The event as it is after the decision.</param>
/// <param name="Facts">Of a trigger.</param>
/// <param name="Bypassed">The trade of another program.</param>
internal sealed record Verdict(VerdictKind Kind, OpenCase Case, OpenEvent Event, EventFacts? Facts = null, BypassedBy? Bypassed = null);

/// <summary>An open event while decisions are made about it.</summary>
/// <param name="opened">The event.</param>
/// <param name="inForceFrom">The position in the log of changes behind which no trade may be opened.</param>
internal sealed class OpenCase(OpenEvent opened, long inForceFrom)
{
    public OpenEvent Event { get; set; } = opened;

    public long InForceFrom { get; set; } = inForceFrom;
}

/// <summary>The open events, and what observations and time make of them.</summary>
internal sealed class OpenCases(BreakerSettings settings, IEnumerable<OpenCase> open)
{
    /// <summary>How long no price may fall further before the breaker clears by itself.</summary>
    public static readonly TimeSpan Quiet = TimeSpan.FromMinutes(30);

    /// <summary>A fall by this many percent begins the wait again.</summary>
    private const decimal FurtherFall = 5;

    private readonly List<OpenCase> cases = [.. open];

    public List<Verdict> Verdicts { get; } = [];

    public IEnumerable<OpenEvent> Events => cases.Select(static one => one.Event);

    public IEnumerable<OpenCase> All => cases;

    /// <summary>When the next recovery ends, by the server's clock.</summary>
    public DateTimeOffset? NextDue => !settings.AutoResume ? null
        : cases.Where(static one => one.Event is { IsRecovering: true, Recovery: not null }).Select(static one => one.Event.Recovery!.RecoveringSince + Quiet)
            .Cast<DateTimeOffset?>().Min();

    /// <summary>Triggers for each finding that has no open event yet, and takes a recovery back where the rule is past its limit again.</summary>
    public void Trigger(IReadOnlyList<BreakerFinding> findings, MarketReadings readings, DateTimeOffset now)
    {
        foreach (var finding in findings)
        {
            var known = cases.Find(one => one.Event.Type == finding.TriggerType && one.Event.BotName == finding.BotName && one.Event.Mode == finding.Mode
                && one.Event.IsDryRun == settings.DryRun);
            if (known is null)
            {
                var reason = settings.DryRun ? $"Dry run, trading goes on: {finding.Measure.Message}" : finding.Measure.Message;
                var made = new OpenCase(
                    new(0, finding.TriggerType, BreakerStatus.Triggered, now, reason, finding.BotName, finding.Mode, settings.DryRun, null), long.MaxValue);
                cases.Add(made);
                Verdicts.Add(new(VerdictKind.Trigger, made, made.Event, new(readings, DetailsOf(finding), SnapshotOf(finding.Observation))));
            }
            else if (known.Event.IsRecovering)
            {
                TurnTo(known, BreakerStatus.Triggered, null);
            }
        }
    }

    /// <summary>Begins recoveries where no measure of the market is past its limit, and begins them again after a further fall.</summary>
    public void Recover(IEnumerable<Measured> measures, MarketReadings readings, DateTimeOffset now)
    {
        if (!settings.AutoResume || cases.Count == 0)
        {
            return;
        }

        var calm = !measures.Any(static measure => measure.IsPast);
        foreach (var one in cases.Where(static one => TriggerTypes.IsOfMarket(one.Event.Type)))
        {
            var begins = one.Event.Recovery is not { } recovery || !one.Event.IsRecovering || HasFallen(one.Event.Type, recovery, readings);
            if (begins && (calm || one.Event.IsRecovering))
            {
                TurnTo(one, calm ? BreakerStatus.Recovering : BreakerStatus.Triggered, calm ? new(now, readings.BtcPrice, readings.EthPrice) : null);
            }
        }
    }

    /// <summary>Clears what has been quiet for long enough.</summary>
    public void Clear(DateTimeOffset now)
    {
        if (NextDue is not { } due || due > now)
        {
            return;
        }

        foreach (var one in cases.FindAll(one => one.Event is { IsRecovering: true, Recovery: { } recovery } && recovery.RecoveringSince + Quiet <= now))
        {
            cases.Remove(one);
            Verdicts.Add(new(VerdictKind.Clear, one, one.Event));
        }
    }

    /// <summary>Notes a trade that another program opened at that position of the log, under each event that was in force then.</summary>
    public void NoteOpened(long position, BypassedBy trade, string? mode)
    {
        foreach (var one in cases.Where(one => one.InForceFrom < position && one.Event.Stops(trade.BotName, mode)))
        {
            Verdicts.Add(new(VerdictKind.Bypass, one, one.Event, Bypassed: trade));
        }
    }

    private void TurnTo(OpenCase one, string status, Recovery? recovery)
    {
        one.Event = one.Event with { Status = status, Recovery = recovery };
        Verdicts.Add(new(VerdictKind.Turn, one, one.Event));
    }

    private static bool HasFallen(string type, Recovery from, MarketReadings now) =>
        (type != TriggerTypes.EthDump && HasFallen(from.BtcPrice, now.BtcPrice)) || (type != TriggerTypes.BtcDump && HasFallen(from.EthPrice, now.EthPrice));

    private static bool HasFallen(decimal? from, decimal? now) => from is { } was && now is { } price && price <= was * (1 - (FurtherFall / 100));

    private static string DetailsOf(BreakerFinding finding) => JsonText.Of(
        new TriggerDetails(finding.Measure.Name, finding.Measure.Value, finding.Measure.Limit, finding.Observation?.Id), BreakerJson.Default.TriggerDetails);

    private static string? SnapshotOf(MarketSnapshot? observation) =>
        observation is null ? null : JsonText.Of(observation, MarketContextJson.Default.MarketSnapshot);
}

/// <summary>The measure that triggered an event.</summary>
/// <param name="Measure">Its name.</param>
/// <param name="ObservationId">The row of market_context that was past the limit; null for a rule over money.</param>
internal sealed record TriggerDetails(string Measure, decimal? Value, decimal Limit, long? ObservationId);

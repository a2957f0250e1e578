using Pilothouse.Configuration;
using Pilothouse.Performance;
using Pilothouse.Storage;
using Pilothouse.Trades;

namespace Pilothouse.CircuitBreaker;

/// <summary>Decides by the rules over money: drawdown, daily loss and losing streak, of each account and of all together.</summary>
internal sealed class MoneyFollower(
    Database database, BreakerRecorder recorder, StartingBalances balances, MoneyUnits units, Settings settings, TimeProvider clock, ILogger<MoneyFollower> logger)
    : BreakerFollower(Name, database, recorder, settings.Breaker, clock, logger)
{
    public const string Name = "money";

    /// <summary>While a price is missing, it is looked for again after so long.</summary>
    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromMinutes(1);

    private DateTimeOffset lookedAt;
    private BreakerState state = Judged.Nothing.State;
    private MoneyCurves? curves;

    /// <summary>Whether the rules are all turned off.</summary>
    private bool IsOff => Settings is { Drawdown: null, DailyLoss: null, LosingStreak: null };

    protected override void Forget() => curves = null;

    protected override void Adopt(Judged stored, IReadOnlyList<OpenEvent> open) => state = stored.State;

    protected override async ValueTask<Pass> JudgeNewAsync()
    {
        if (await Database.SnapshotAsync(ReadKind.Own, async session => await TryFollowAsync(session, await NowAsync(session))) is { } followed)
        {
            return followed;
        }

        // Something of the past has changed, or it is the first time. This may be long, so it is asked for like a page of a caller: it may
        // be interrupted and begun again, and so begins from what was known before.
        var before = state;
        return await Database.SnapshotAsync(ReadKind.Known, async session => await ReadAllAsync(session, before, await NowAsync(session)));
    }

    /// <summary>Judges only what is new; null if everything must be read again.</summary>
    private async ValueTask<Pass?> TryFollowAsync(Session session, DateTimeOffset now)
    {
        var stored = await BreakerState.FindAsync(session, Name);
        var newest = await ChangeLog.NewestAsync(session);
        if (IsOff)
        {
            state = stored with { Position = Math.Max(newest, stored.Position) };
            return new(new(state, [], [], null), [], true);
        }

        if (curves is null || stored.Version != state.Version || !await ChangeLog.ReachesAsync(session, state.Position))
        {
            return null;
        }

        if (curves.LacksPrices && (now - lookedAt).Duration() >= LookAgainAfter)
        {
            lookedAt = now;
            if (await curves.FindsMoreAsync(session, now))
            {
                return null;
            }
        }

        var changes = await ClosedTrades.ChangesAsync(session, state.Position, MostAtOnce);
        var rows = await RowsAsync(session, changes);
        if (changes.Count == MostAtOnce || changes.Any(static change => change.WasClosed) || rows.Count < changes.Count
            || (rows.Count > 0 && !await curves.TryFollowAsync(session, await balances.FindAsync(session, null, null, null))))
        {
            return null;
        }

        await curves.PriceAsync(session, rows, now);
        var cases = await CasesAsync(session);
        foreach (var row in rows)
        {
            if (!curves.CanAdd(row))
            {
                return null;
            }

            Judge(cases, curves.Add(row), IsFresh(row, now), now);
        }

        return Finish(newest, cases, now);
    }

    private async ValueTask<Pass> ReadAllAsync(Session session, BreakerState before, DateTimeOffset now)
    {
        var stored = await BreakerState.FindAsync(session, Name);
        var newest = await ChangeLog.NewestAsync(session);
        var all = await MoneyCurves.ReadAsync(
            session, await balances.FindAsync(session, null, null, null), stored.Memory.Holds, units, now);
        lookedAt = now;

        // What closed or changed since the last decision decides, if it is fresh: once, at the end.
        var changes = await ChangeLog.ReachesAsync(session, stored.Position)
            ? await ClosedTrades.ChangesAsync(session, Math.Max(stored.Position, before.Version == stored.Version ? before.Position : 0), MostAtOnce) : [];
        var fresh = (await RowsAsync(session, changes)).FindAll(row => IsFresh(row, now));
        (curves, state) = (all, stored);
        var cases = await CasesAsync(session);
        if (fresh.Count > 0)
        {
            Judge(cases, [.. all.Measures(Settings, stored.Memory.Holds, now).Select(static measure => new MoneyScope(measure.BotName, measure.Mode)).Distinct()], true, now);
        }

        return Finish(newest, cases, now);
    }

    private void Judge(OpenCases cases, IReadOnlyList<MoneyScope> scopes, bool decides, DateTimeOffset now)
    {
        if (decides)
        {
            cases.Trigger([.. scopes.SelectMany(scope => curves!.Measures(scope, Settings, state.Memory.Holds, now))
                .Where(static measure => measure.IsPast).Select(static measure => new BreakerFinding(measure.TriggerType, measure, null))], MarketReadings.None, now);
        }
    }

    private Pass Finish(long newest, OpenCases cases, DateTimeOffset now)
    {
        var measures = curves!.Measures(Settings, state.Memory.Holds, now).ToList();
        var holds = state.Memory.Holds.FindAll(hold => hold.PausedUntil is { } end ? end > now
            : hold.PeakFrom is not null || measures.Any(measure => hold.IsFor(measure.TriggerType, measure.Name, measure.BotName, measure.Mode) && !measure.IsWithinSettings));
        state = state with { Position = newest, Memory = state.Memory with { Holds = holds } };

        // The loss of a day ends with the day.
        DateTimeOffset? due = Settings.DailyLoss is null ? null : new DateTimeOffset(now.UtcDateTime.Date.AddDays(1), TimeSpan.Zero);
        due = curves.LacksPrices && !(due < lookedAt + LookAgainAfter) ? lookedAt + LookAgainAfter : due;
        return new(new(state, [.. cases.Events], measures, due), cases.Verdicts, true);
    }

    private async ValueTask<OpenCases> CasesAsync(Session session) =>
        new(Settings, (await BreakerEvents.OpenAsync(session)).Select(static one => new OpenCase(one, 0)));

    private static bool IsFresh(TradeClosing row, DateTimeOffset now) => (now - ClosedTradeReader.Of(row).ClosedAt).Duration() <= MarketJudge.Freshness;

    /// <summary>Returns the trades of these changes that are closed, in the order in which they closed.</summary>
    private static async ValueTask<List<TradeClosing>> RowsAsync(Session session, List<Change> changes)
    {
        var rows = new List<TradeClosing>(changes.Count);
        foreach (var id in changes.Select(static change => change.RowId).Distinct())
        {
            if (await ClosedTrades.FindAsync(session, id) is { } row)
            {
                rows.Add(row);
            }
        }

        rows.Sort(static (one, other) => (ClosedTradeReader.Of(one).ClosedAt, one.Id).CompareTo((ClosedTradeReader.Of(other).ClosedAt, other.Id)));
        return rows;
    }
}

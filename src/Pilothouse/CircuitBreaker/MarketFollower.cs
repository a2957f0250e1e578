using Pilothouse.Configuration;
using Pilothouse.MarketContext;
using Pilothouse.Storage;

namespace Pilothouse.CircuitBreaker;

/// <summary>
/// Decides by the rules over the market, brings recoveries to their end, and notices trades that other programs open while trading is
/// stopped.
/// </summary>
internal sealed class MarketFollower(Database database, BreakerRecorder recorder, Settings settings, TimeProvider clock, ILogger<MarketFollower> logger)
    : BreakerFollower(Name, database, recorder, settings.Breaker, clock, logger)
{
    public const string Name = "market";

    private static readonly Sql Recorded = new($"""
        SELECT seq FROM changes WHERE seq > @seq AND table_name = '{BreakerEvents.Table}' AND row_id = @id AND kind = 'recorded' ORDER BY seq LIMIT 1
        """);

    private static readonly Sql Trade = new("SELECT bot_name, mode FROM trades WHERE id = @id");

    private readonly Dictionary<long, long> inForceFrom = [];
    private BreakerState state = Judged.Nothing.State;
    private MarketJudge? judge;
    private bool isHistoryOld;

    /// <summary>The last known figures of the market.</summary>
    public MarketReadings Readings { get; private set; } = MarketReadings.None;

    protected override ValueTask<Pass> JudgeNewAsync() =>
        Database.SnapshotAsync(ReadKind.Own, async session => await JudgeNewAsync(session, await NowAsync(session)));

    protected override void Forget() => judge = null;

    protected override void ForgetHistory() => isHistoryOld = true;

    protected override void Adopt(Judged stored, IReadOnlyList<OpenEvent> open) => state = stored.State;

    private async ValueTask<Pass> JudgeNewAsync(Session session, DateTimeOffset now)
    {
        await LoadAsync(session, now);
        if (isHistoryOld)
        {
            judge = await MarketJudge.LoadAsync(session, Settings, judge!.Memory, state.Position, now);
            isHistoryOld = false;
        }

        var changes = await ChangeLog.AfterAsync(session, state.Position, MostAtOnce);
        var open = await BreakerEvents.OpenAsync(session);
        var cases = new OpenCases(Settings, await CasesAsync(session, open, changes));
        var observations = await MarketJudge.ReadAsync(session,
            [.. changes.Where(static change => change is { Table: "market_context", Kind: "recorded" }).Select(static change => change.RowId)]);
        foreach (var change in changes)
        {
            switch (change)
            {
                case { Table: "market_context", Kind: "recorded" }:
                    Judge(observations.GetValueOrDefault(change.RowId), cases, now);
                    break;
                case { Table: "market_context" }:
                    isHistoryOld = true;
                    break;
                case { Table: BreakerEvents.Table, Kind: "recorded" }:
                    SetInForce(cases, change);
                    break;
                case { Table: "trades", Kind: "opened" } when cases.All.Any():
                    await NoteOpenedAsync(session, cases, change);
                    break;
            }
        }

        cases.Clear(now);
        state = state with { Position = changes.Count > 0 ? changes[^1].Sequence : state.Position, Memory = judge!.Memory };
        if (isHistoryOld)
        {
            judge = await MarketJudge.LoadAsync(session, Settings, judge.Memory, state.Position, now);
            isHistoryOld = false;
        }

        Readings = judge.Readings;
        return new(new(state, [.. cases.Events], [.. judge.Measures], cases.NextDue), cases.Verdicts, changes.Count < MostAtOnce);
    }

    private void Judge(MarketSnapshot? observation, OpenCases cases, DateTimeOffset now)
    {
        if (observation is not null && judge!.Judge(observation, now) is { } findings)
        {
            cases.Trigger(findings, judge.Readings, now);
            cases.Recover(judge.Measures, judge.Readings, now);
        }
    }

    /// <summary>Begins from what is stored, at the start and after somebody else has decided.</summary>
    private async ValueTask LoadAsync(Session session, DateTimeOffset now)
    {
        var stored = await BreakerState.FindAsync(session, Name);
        if (judge is not null && stored.Version == state.Version)
        {
            return;
        }

        if (!await ChangeLog.ReachesAsync(session, stored.Position))
        {
            // A restored backup, or a log that was shortened meanwhile: what is stored fills the history.
            stored = stored with { Position = await ChangeLog.NewestAsync(session), Memory = stored.Memory with { Streaks = [] } };
        }

        state = stored;
        inForceFrom.Clear();
        judge = await MarketJudge.LoadAsync(session, Settings, stored.Memory, stored.Position, now);
    }

    /// <summary>Returns the open events, each with the position in the log behind which it is in force.</summary>
    private async ValueTask<List<OpenCase>> CasesAsync(Session session, List<OpenEvent> open, List<Change> changes)
    {
        var cases = new List<OpenCase>();
        foreach (var one in open)
        {
            if (!inForceFrom.TryGetValue(one.Id, out var from))
            {
                // One that was recorded behind the position is in force when the log comes to it.
                var ahead = await session.Prepare(Recorded).Set("seq", (long?)state.Position).Set("id", (long?)one.Id).AnyAsync();
                from = ahead ? long.MaxValue : inForceFrom[one.Id] = 0;
            }

            cases.Add(new(one, from));
        }

        foreach (var old in inForceFrom.Keys.Except(open.Select(static one => one.Id)).ToList())
        {
            inForceFrom.Remove(old);
        }

        return cases;
    }

    private void SetInForce(OpenCases cases, Change change)
    {
        foreach (var one in cases.All.Where(one => one.Event.Id == change.RowId))
        {
            one.InForceFrom = inForceFrom[change.RowId] = change.Sequence;
        }
    }

    private static async ValueTask NoteOpenedAsync(Session session, OpenCases cases, Change change)
    {
        var trade = await session.Prepare(Trade).Set("id", (long?)change.RowId).FirstAsync(static row => (Bot: row.Text(0), Mode: row.Text(1)));
        cases.NoteOpened(change.Sequence, new(change.RowId, trade.Bot), trade.Mode);
    }
}

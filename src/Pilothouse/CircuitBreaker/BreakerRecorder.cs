using Pilothouse.Contract;
using Pilothouse.Operations;
using Pilothouse.Storage;

namespace Pilothouse.CircuitBreaker;

/// <summary>Stores decisions of the rules: events, rows of the audit log, lines in the log of the server.</summary>
internal sealed partial class BreakerRecorder(Database database, AuditLog audit, ILogger<BreakerRecorder> logger)
{
    /// <summary>Stores decisions and the state behind them in one transaction.</summary>
    /// <param name="name">The follower that decided.</param>
    /// <param name="state">The state on whose ground it decided, with its new position.</param>
    /// <param name="verdicts">What it decided, in order.</param>
    /// <param name="now">The time of the decisions.</param>
    /// <returns>The open events; null if somebody else has decided since, and nothing was stored.</returns>
    public async Task<IReadOnlyList<OpenEvent>?> StoreAsync(string name, BreakerState state, IReadOnlyList<Verdict> verdicts, DateTimeOffset now)
    {
        var open = await database.WriteAsync(async session =>
        {
            if ((await BreakerState.FindAsync(session, name)).Version != state.Version)
            {
                return null;
            }

            var ids = new Dictionary<OpenCase, long>();
            foreach (var verdict in verdicts)
            {
                await StoreAsync(session, verdict, ids, now);
            }

            await (state with { Version = state.Version + 1 }).StoreAsync(session, name);
            OpenEventsOfCommit.Forget(session);
            return await BreakerEvents.OpenAsync(session);
        });
        if (open is not null)
        {
            Tell(verdicts);
        }

        return open;
    }

    /// <summary>Returns the row of the audit log about an event.</summary>
    public static Changed ChangeOf(long id, BreakerEvent? before, string? reason) => new(
        BreakerEvents.Table, id, before is null ? null : () => JsonOf(before), async session => JsonOf((await BreakerEvents.FindAsync(session, id))!))
    { Reason = reason };

    private static string JsonOf(BreakerEvent one) => JsonText.OfRecord(one, BreakerJson.Default.BreakerEvent);

    private async ValueTask StoreAsync(Session session, Verdict verdict, Dictionary<OpenCase, long> ids, DateTimeOffset now)
    {
        var call = Call.OfServer();
        if (verdict.Kind == VerdictKind.Trigger)
        {
            var id = await BreakerEvents.InsertAsync(session, verdict.Event, verdict.Facts!, call.Caller.Owner);
            ids[verdict.Case] = id;
            await audit.RecordAsync(session, call, BreakerWork.Trigger, ChangeOf(id, null, verdict.Event.Reason));
            return;
        }

        var changed = verdict.Event with { Id = ids.GetValueOrDefault(verdict.Case, verdict.Event.Id) };
        var before = await BreakerEvents.FindAsync(session, changed.Id);
        switch (verdict.Kind)
        {
            case VerdictKind.Turn:
                await BreakerEvents.TurnAsync(session, changed);
                await audit.RecordAsync(session, call, BreakerWork.Turn, ChangeOf(changed.Id, before, null));
                break;
            case VerdictKind.Clear:
                await BreakerEvents.ClearAsync(session, changed, now, call.Caller.Owner, null);
                await audit.RecordAsync(session, call, BreakerWork.Clear, ChangeOf(changed.Id, before, "No price fell further for 30 minutes."));
                break;
            default:
                await BreakerEvents.NoteBypassAsync(session, verdict.Bypassed!, changed.Id);
                await audit.RecordAsync(session, call, BreakerWork.NoteBypass, ChangeOf(changed.Id, before, null));
                break;
        }
    }

    private void Tell(IReadOnlyList<Verdict> verdicts)
    {
        foreach (var (kind, _, opened, _, bypassed) in verdicts)
        {
            var scope = opened.BotName is { } bot ? $"the bot {bot}" : "all bots";
            switch (kind)
            {
                case VerdictKind.Trigger:
                    Triggered(logger, scope, opened.Type, opened.Reason);
                    break;
                case VerdictKind.Turn:
                    Turned(logger, opened.Type, scope, opened.Status);
                    break;
                case VerdictKind.Clear:
                    Cleared(logger, opened.Type, scope);
                    break;
                default:
                    Bypassed(logger, bypassed!.TradeId, opened.Type, scope);
                    break;
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The circuit breaker has triggered for {Scope} ({TriggerType}). {Reason}")]
    private static partial void Triggered(ILogger logger, string scope, string triggerType, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The circuit breaker ({TriggerType}) for {Scope} is {Status} now")]
    private static partial void Turned(ILogger logger, string triggerType, string scope, string status);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The circuit breaker ({TriggerType}) for {Scope} has cleared by itself")]
    private static partial void Cleared(ILogger logger, string triggerType, string scope);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Another program opened trade {TradeId} while the circuit breaker ({TriggerType}) stops {Scope}; that program does not ask this server")]
    private static partial void Bypassed(ILogger logger, long tradeId, string triggerType, string scope);
}

/// <summary>The names of the breaker's work in the audit log.</summary>
internal static class BreakerWork
{
    public const string Trigger = "triggerCircuitBreaker";
    public const string Clear = "clearCircuitBreaker";
    public const string Turn = "turnCircuitBreaker";
    public const string NoteBypass = "noteBypassOfCircuitBreaker";
}

/// <summary>The open events, read once for all the writes of a commit that ask for them.</summary>
internal sealed class OpenEventsOfCommit : CommitState
{
    private SharedWork reading = new();
    private List<OpenEvent> open = [];

    public static async ValueTask<IReadOnlyList<OpenEvent>> FindAsync(Session session)
    {
        var mine = session.Commit.Of(static () => new OpenEventsOfCommit());
        await mine.reading.RunAsync(async () => mine.open = await BreakerEvents.OpenAsync(session));
        return mine.open;
    }

    /// <summary>Call this after a write has changed events, so that the later writes of the commit read them again.</summary>
    public static void Forget(Session session) => session.Commit.Of(static () => new OpenEventsOfCommit()).reading = new();
}

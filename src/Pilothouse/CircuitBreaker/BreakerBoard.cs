using System.Collections.Concurrent;
using Pilothouse.Contract;
using Pilothouse.Storage;

namespace Pilothouse.CircuitBreaker;

/// <summary>Why trading is stopped.</summary>
/// <param name="EventId">The event, which GET /api/circuit-breaker/events shows.</param>
/// <param name="BotName">The bot that it stops; null for all.</param>
/// <param name="DryRun">Whether it stops nothing, because it is a rehearsal.</param>
internal sealed record BreakerReason(string TriggerType, string Message, long EventId, string Status, DateTimeOffset Since, string? BotName, string? Mode, bool DryRun);

/// <summary>A measure beside its limit.</summary>
/// <param name="Value">Null while it is unknown.</param>
/// <param name="Mode">The mode of the bot's account that it is about, where its reports name modes.</param>
/// <param name="Undefined">Why a measure of money has no value: no balance, or amounts without a price; null otherwise.</param>
internal sealed record BreakerMeasure(string Name, decimal? Value, decimal Limit, string? BotName, string? Mode, string? Undefined);

/// <summary>Whether a bot may trade, and why not.</summary>
/// <param name="State">clear, triggered or recovering.</param>
/// <param name="Since">When the oldest of the reasons triggered; null if the state is clear.</param>
internal sealed record BreakerView(
    string State, bool MayTrade, DateTimeOffset? Since, IReadOnlyList<BreakerReason> Reasons, IReadOnlyList<BreakerMeasure> Measures);

/// <summary>
/// Answers "may I trade?". The answer is kept until something is committed or time changes it; before it is made again, everything that was
/// committed is judged, so that it is never older than the question.
/// </summary>
internal sealed class BreakerBoard(Database database, MarketFollower market, MoneyFollower money, TimeProvider clock)
{
    private const int MostKept = 1000;

    /// <summary>How long an answer waits for the measures of money. Decisions that are stored it has anyway.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(100);

    private readonly ConcurrentDictionary<(string Bot, string Mode), Kept> answers = new();

    private Task judging = Task.CompletedTask;

    /// <summary>Returns the answer as JSON.</summary>
    /// <param name="botName">The bot that asks; null for what concerns all bots.</param>
    /// <param name="mode">The mode in which it would trade; null for each.</param>
    /// <param name="cancel">Cancels the question.</param>
    public async ValueTask<KeptBytes> AnswerAsync(string? botName, string? mode, CancellationToken cancel)
    {
        var key = (botName ?? "", mode ?? "");
        var stamp = await database.StampAsync(cancel);
        if (answers.TryGetValue(key, out var kept) && kept.IsGood(stamp, market.Judged, money.Judged, clock.GetUtcNow()))
        {
            return kept.Json;
        }

        await JudgeMoneyAsync(cancel);
        var judged = await market.JudgeAsync(cancel);
        var earned = money.Judged;

        // Where nothing that matters has changed, the bytes stay the same.
        var view = ViewOf(judged, earned, botName, mode);
        var json = kept is not null && kept.Equals(judged, earned) ? kept.Json : new KeptBytes(JsonText.Utf8(new One<BreakerView>(true, view), BreakerJson.Default.OneBreakerView));
        if (answers.Count >= MostKept)
        {
            answers.Clear();
        }

        // A decision of our own is a commit, so the stamp of before is old then, and the next answer is made anew.
        answers[key] = new(stamp, judged, earned, json);
        return json;
    }

    /// <summary>Returns the state of trading for a bot; null for all bots.</summary>
    public static string StateOf(IReadOnlyList<OpenEvent> open) =>
        open.Count == 0 ? "clear" : open.All(static one => one.IsRecovering) ? BreakerStatus.Recovering : BreakerStatus.Triggered;

    private async Task JudgeMoneyAsync(CancellationToken cancel)
    {
        // One at a time: a crowd of questions is not to read all trades again as often.
        var running = Volatile.Read(ref judging);
        if (running.IsCompleted)
        {
            Volatile.Write(ref judging, running = money.JudgeAsync(CancellationToken.None).AsTask());
        }

        // Where all trades must be read again, this may take a second: the follower goes on with it by itself, and tells of its failures.
        await Task.WhenAny(running, Task.Delay(Patience, TimeProvider.System, cancel));
        _ = running.ContinueWith(static ended => ended.Exception, TaskScheduler.Default);
    }

    private static BreakerView ViewOf(Judged market, Judged money, string? botName, string? mode)
    {
        var open = market.Open.Where(one => one.Concerns(botName, mode)).ToList();
        var reasons = open.Select(static one => new BreakerReason(
            one.Type, one.Reason, one.Id, one.Status, one.TriggeredAt, one.BotName, one.Mode, one.IsDryRun));
        var measures = market.Measures.Concat(money.Measures.Where(measure => measure.BotName is null || measure.BotName == botName));
        return new(StateOf(open), open.TrueForAll(static one => one.IsDryRun), open.Count == 0 ? null : open.Min(static one => one.TriggeredAt),
            [.. reasons], [.. measures.Select(static measure => new BreakerMeasure(measure.Name, measure.Value, measure.Limit, measure.BotName, measure.Mode, measure.WhyUnknown))]);
    }

    private sealed record Kept(long Stamp, Judged Market, Judged Money, KeptBytes Json)
    {
        public bool IsGood(long stamp, Judged market, Judged money, DateTimeOffset now) =>
            stamp == Stamp && ReferenceEquals(market, Market) && ReferenceEquals(money, Money) && !(Market.NextDue <= now) && !(Money.NextDue <= now);

        /// <summary>Whether it was made of equal events and measures.</summary>
        public bool Equals(Judged market, Judged money) =>
            Market.Open.SequenceEqual(market.Open) && Market.Measures.SequenceEqual(market.Measures) && Money.Measures.SequenceEqual(money.Measures);
    }
}

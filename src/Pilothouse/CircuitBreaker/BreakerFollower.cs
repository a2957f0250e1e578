using System.Diagnostics;
using Pilothouse.Configuration;
using Pilothouse.Monitoring;
using Pilothouse.Storage;

namespace Pilothouse.CircuitBreaker;

/// <summary>What a follower has judged: the same for every reader, never changed.</summary>
/// <param name="State">The state on whose ground it judged, with the position that it has reached.</param>
/// <param name="Open">The open events.</param>
/// <param name="Measures">Each measure now.</param>
/// <param name="NextDue">When time alone changes something; null for never.</param>
internal sealed record Judged(BreakerState State, IReadOnlyList<OpenEvent> Open, IReadOnlyList<Measured> Measures, DateTimeOffset? NextDue)
{
    public static readonly Judged Nothing = new(new(0, 0, BreakerMemory.Nothing), [], [], null);
}

/// <summary>The result of a pass over new changes.</summary>
/// <param name="IsLast">Whether there was nothing more to judge.</param>
internal sealed record Pass(Judged Judged, IReadOnlyList<Verdict> Verdicts, bool IsLast);

/// <summary>
/// Follows the log of changes and decides. It judges outside of any transaction; a decision is stored in one that first looks whether
/// anybody else has decided since, so that two servers on one database make one decision. Its position is stored with the decision, so that
/// a restart neither misses nor repeats one.
/// </summary>
internal abstract partial class BreakerFollower(
    string name, Database database, BreakerRecorder recorder, BreakerSettings settings, TimeProvider clock, ILogger toldTo)
    : SteadyService(toldTo), IChangeFollower
{
    /// <summary>How many changes are judged at once.</summary>
    protected const int MostAtOnce = 5000;

    /// <summary>After so long the position is stored even without a decision, so that a restart has less to judge again.</summary>
    private static readonly TimeSpan BetweenPositions = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    private readonly ILogger logger = toldTo;
    private readonly SemaphoreSlim gate = new(1);
    private long? judgedAt;
    private long storedPosition = -1;
    private long storedAt = Stopwatch.GetTimestamp();
    private DateTimeOffset lastNow;
    private volatile Judged judged = Judged.Nothing;

    public Judged Judged => judged;

    protected Database Database => database;

    protected BreakerSettings Settings => settings;

    /// <summary>Judges everything that was committed before the call, and stores what it decides.</summary>
    public async ValueTask<Judged> JudgeAsync(CancellationToken cancel)
    {
        await gate.WaitAsync(cancel);
        try
        {
            // Who waited here may find that everything was judged meanwhile. The stamp is taken before: a commit during a pass is judged next.
            var stamp = await database.StampAsync(cancel);
            if (stamp != judgedAt || judged.NextDue <= clock.GetUtcNow())
            {
                judgedAt = null;
                while (!await PassAsync())
                {
                }

                judgedAt = stamp;
            }

            return judged;
        }
        finally
        {
            gate.Release();
        }
    }

    public async ValueTask<long?> CatchUpAsync(CancellationToken cancel)
    {
        var position = (await JudgeAsync(cancel)).State.Position;
        await StorePositionAsync(cancel);
        return position;
    }

    public override void Dispose()
    {
        gate.Dispose();
        base.Dispose();
    }

    /// <summary>Judges what is new, from a snapshot of the database. It changes what the follower remembers.</summary>
    protected abstract ValueTask<Pass> JudgeNewAsync();

    /// <summary>Forgets what is remembered. The next pass begins from what is stored.</summary>
    protected abstract void Forget();

    /// <summary>The clock was set back: what was left out of the history as too old may be young again.</summary>
    protected virtual void ForgetHistory()
    {
    }

    protected override async Task RunSteadilyAsync(CancellationToken stoppingToken)
    {
        Task? change = null;
        var pause = Pause;
        while (true)
        {
            try
            {
                if (change is null || change.IsCompleted || judged.NextDue <= clock.GetUtcNow())
                {
                    if (change is null || change.IsCompleted)
                    {
                        await (change ?? Task.CompletedTask);
                        change = database.WaitForChangeAsync(await database.StampAsync(stoppingToken), stoppingToken);
                    }

                    await JudgeAsync(stoppingToken);
                    pause = Pause;
                }

                if (Stopwatch.GetElapsedTime(storedAt) > BetweenPositions)
                {
                    await StorePositionAsync(stoppingToken);
                }

                // The commits of a few milliseconds are judged together. The machine's own time is used, because tests may stop the server's clock.
                await Task.Delay(Rest, TimeProvider.System, stoppingToken);
                await Task.WhenAny(change, Task.Delay(Pause, TimeProvider.System, stoppingToken));
                stoppingToken.ThrowIfCancellationRequested();
            }
            catch (Exception error) when (MayWorkLater(error))
            {
                // A read of all trades that takes too long is not begun again each second.
                Waits(logger, name, error.Message);
                change = null;
                await Task.Delay(pause, TimeProvider.System, stoppingToken);
                pause = pause < LongestPause ? pause * 2 : LongestPause;
            }
        }
    }

    /// <summary>Judges once, and stores what was decided.</summary>
    /// <returns>Whether everything is judged.</returns>
    private async ValueTask<bool> PassAsync()
    {
        try
        {
            var pass = await JudgeNewAsync();
            if (pass.Verdicts.Count > 0)
            {
                var before = pass.Judged.State;
                if (await recorder.StoreAsync(name, before, pass.Verdicts, lastNow) is not { } open)
                {
                    Forget();
                    return false;
                }

                pass = pass with { Judged = pass.Judged with { State = before with { Version = before.Version + 1 }, Open = open } };
                Adopt(pass.Judged, open);
                (storedPosition, storedAt) = (before.Position, Stopwatch.GetTimestamp());
            }

            judged = pass.Judged;
            return pass.IsLast;
        }
        catch
        {
            // What is remembered may be ahead of what was stored.
            Forget();
            throw;
        }
    }

    /// <summary>
    /// Returns the time of a judgement. A snapshot begins with its first read, so the clock is read after one: a decision is never older than
    /// what it was decided from.
    /// </summary>
    protected async ValueTask<DateTimeOffset> NowAsync(Session session)
    {
        await ChangeLog.NewestAsync(session);
        var now = clock.GetUtcNow();
        if (now + MarketJudge.Freshness < lastNow)
        {
            ForgetHistory();
        }

        return lastNow = now;
    }

    /// <summary>Takes over the events as they were stored.</summary>
    protected abstract void Adopt(Judged stored, IReadOnlyList<OpenEvent> open);

    private async ValueTask StorePositionAsync(CancellationToken cancel)
    {
        storedAt = Stopwatch.GetTimestamp();
        var state = judged.State;
        if (state.Position > storedPosition)
        {
            await database.WriteAsync(async session =>
            {
                var stored = await BreakerState.FindAsync(session, name);
                return stored.Version == state.Version && stored.Position < state.Position && await state.StoreAsync(session, name) > 0;
            }, cancel);
            storedPosition = state.Position;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The circuit breaker cannot judge the {Rules} now: {Reason} It tries again soon.")]
    private static partial void Waits(ILogger logger, string rules, string reason);
}

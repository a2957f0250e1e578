using System.Diagnostics;
using Pilothouse.Configuration;
using Pilothouse.Monitoring;

namespace Pilothouse.Operations;

/// <summary>
/// Counts calls in Redis, for all servers that name it in REDIS_URL. If Redis does not answer, this is said once, and no request asks it
/// until it answers again: the limits are then counted by each server for itself. A request never waits for a connection.
/// </summary>
internal sealed partial class SharedCounter(RedisUrl url, ILogger<SharedCounter> logger) : SteadyService(logger), IWatched
{
    public const string Name = "limits";

    /// <summary>How long a request waits for the answer of a Redis that is connected.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(100);

    /// <summary>How long the start of the server waits for Redis.</summary>
    private static readonly TimeSpan PatienceToConnect = TimeSpan.FromSeconds(1.5);

    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    /// <summary>What is counted to see whether Redis counts. It needs the same rights and the same room as any other call.</summary>
    private static readonly ClientLimit Trial = new("trial", "", 1, TimeSpan.FromSeconds(10), "");

    /// <summary>Replaced as a whole, so that a call that began before a change cannot report a failure after it.</summary>
    private Period period = new(counts: false, isFirst: true);
    private Task<RedisCounts>? connecting;
    private volatile RedisCounts? redis;

    /// <summary>Whether Redis counts now.</summary>
    public bool Counts => Now.Counts;

    public Condition Look() => Now.Counts
        ? new(Name, ConditionState.Ok, "Redis counts the limits for all servers.")
        : new(Name, ConditionState.Warning, "Redis does not count the limits, so each server counts by itself, and a client may call"
            + " each of them up to its limit. See to the Redis of REDIS_URL; the log has the reason.");

    private Period Now => Volatile.Read(ref period);

    /// <summary>Counts a call in one limit or in two.</summary>
    /// <returns>Their states; null if Redis does not count, so that the caller has to.</returns>
    public async ValueTask<(LimitState First, LimitState? Second)?> TakeAsync(ClientLimit first, ClientLimit? second)
    {
        var seen = Now;
        if (!seen.Counts || redis is not { } counts)
        {
            return null;
        }

        try
        {
            return await InTimeAsync(counts.TakeAsync(first, second));
        }
        catch (Exception error)
        {
            // Whatever the library throws, no request may fail by it.
            Lost(seen, error);
            return null;
        }
    }

    /// <summary>
    /// Waits for Redis for a moment, so that the first requests are counted there already. The server starts without it too.
    /// </summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await TryAsync();
        await base.StartAsync(cancellationToken);
    }

    public override void Dispose()
    {
        redis?.Dispose();
        base.Dispose();
    }

    protected override async Task RunSteadilyAsync(CancellationToken stoppingToken)
    {
        // Redis is outside of this process, so this is no matter of the clock that tests can move.
        using var timer = new PeriodicTimer(LookEvery, TimeProvider.System);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            await TryAsync();
        }
    }

    /// <summary>
    /// Waits for an answer. If the timer was late as well, this process had no processor meanwhile, and the answer may have come unread: it
    /// is waited for once more.
    /// </summary>
    private static async Task<(LimitState First, LimitState? Second)> InTimeAsync(Task<(LimitState First, LimitState? Second)> answer)
    {
        var began = Stopwatch.GetTimestamp();
        try
        {
            return await answer.WaitAsync(Patience);
        }
        catch (TimeoutException) when (!answer.IsFaulted && Stopwatch.GetElapsedTime(began) > Patience * 1.25)
        {
            return await answer.WaitAsync(Patience);
        }
    }

    /// <summary>Finds out whether Redis counts.</summary>
    private async Task TryAsync()
    {
        var seen = Now;
        try
        {
            if (redis is null)
            {
                connecting ??= Task.Run(() => RedisCounts.ConnectAsync(url));
                redis = await connecting.WaitAsync(PatienceToConnect);
            }

            await InTimeAsync(redis.TakeAsync(Trial, null));
            if (!seen.Counts && TryReplace(seen, new(counts: true)))
            {
                CountsThere(logger, url);
            }
        }
        catch (Exception error)
        {
            connecting = connecting is { IsFaulted: true } ? null : connecting;
            Lost(seen, error);
        }
    }

    private void Lost(Period seen, Exception error)
    {
        if ((seen.Counts || seen.IsFirst) && TryReplace(seen, new(counts: false)))
        {
            CountsHere(logger, url, RedisFailure.Explain(error));
        }
    }

    private bool TryReplace(Period seen, Period next) => ReferenceEquals(Interlocked.CompareExchange(ref period, next, seen), seen);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Redis} counts the limits for all servers")]
    private static partial void CountsThere(ILogger logger, RedisUrl redis);

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "{Redis} does not count the limits: {Reason}. This server counts by itself until Redis is back")]
    private static partial void CountsHere(ILogger logger, RedisUrl redis, string reason);

    /// <summary>A time in which Redis counts, or does not. Each is an object of its own.</summary>
    private sealed class Period(bool counts, bool isFirst = false)
    {
        public bool Counts { get; } = counts;

        /// <summary>Whether Redis has not been asked yet.</summary>
        public bool IsFirst { get; } = isFirst;
    }
}

using System.Collections.Concurrent;
using Pilothouse.Contract;

namespace Pilothouse.Operations;

/// <summary>How often a client without a credential may call an endpoint: metadata of the route.</summary>
internal sealed record CallLimit(int Count, TimeSpan Window)
{
    /// <summary>An endpoint that is never limited.</summary>
    public static readonly CallLimit None = new(0, TimeSpan.Zero);

    public static CallLimit PerMinute(int count) => new(count, TimeSpan.FromMinutes(1));
}

/// <summary>
/// Counts calls in fixed windows, each of which begins with a client's first request. The limiter of .NET is not used, because its windows
/// begin when it is created, and it does not tell when they end, which the X-RateLimit headers must say.
/// </summary>
internal sealed class CallCounter(TimeProvider clock)
{
    /// <summary>If more clients than this are counted, expired windows are removed before a new client is added.</summary>
    private const int MostKept = 200_000;

    private readonly ConcurrentDictionary<(string Client, string Route, long Ticks), Count> counts = new();
    private long sweptAt;
    private int kept;

    /// <summary>Counts one call.</summary>
    /// <returns>How many calls are left in the window (negative if this call exceeds the limit), and when it ends.</returns>
    public (int Left, DateTimeOffset Ends) Take(string client, string route, int most, TimeSpan window)
    {
        var now = clock.GetUtcNow();
        if (Volatile.Read(ref kept) > MostKept)
        {
            Sweep(now);
        }

        var key = (client, route, window.Ticks);
        if (!counts.TryGetValue(key, out var count))
        {
            // The Count property of the dictionary is not used here, because it takes all of its locks.
            count = counts.GetOrAdd(key, new Count());
            Interlocked.Increment(ref kept);
        }

        lock (count)
        {
            // An end that is further away than the length of a window comes from a clock that was set back since.
            if (count.Ends <= now || count.Ends > now + window)
            {
                count.Ends = now + window;
                count.Calls = 0;
            }

            count.Calls = Math.Min(count.Calls + 1, most + 1);
            return (most - count.Calls, count.Ends);
        }
    }

    private void Sweep(DateTimeOffset now)
    {
        var last = Interlocked.Read(ref sweptAt);
        if (Math.Abs(now.UtcTicks - last) < TimeSpan.TicksPerSecond || Interlocked.CompareExchange(ref sweptAt, now.UtcTicks, last) != last)
        {
            return;
        }

        foreach (var (key, count) in counts)
        {
            if (count.Ends <= now)
            {
                counts.TryRemove(key, out _);
            }
        }

        // An attacker with more addresses than this could fill the memory. Dropping all counts serves some requests too many, which is the
        // smaller harm.
        if (counts.Count > MostKept)
        {
            counts.Clear();
        }

        Volatile.Write(ref kept, counts.Count);
    }

    private sealed class Count
    {
        public DateTimeOffset Ends { get; set; }

        public int Calls { get; set; }
    }
}

/// <summary>The state of a limit for a caller.</summary>
/// <param name="Most">The calls allowed in a window.</param>
/// <param name="Left">How many are left; negative if this call exceeds the limit.</param>
/// <param name="Ends">When the window ends.</param>
/// <param name="Otherwise">What the client may do instead of waiting, as the end of a sentence.</param>
/// <param name="Wait">How long it is until then, where another clock than ours ends the window.</param>
internal readonly record struct LimitState(int Most, int Left, DateTimeOffset Ends, string Otherwise = "", TimeSpan? Wait = null)
{
    /// <summary>Throws a refusal (429) if this call exceeds the limit.</summary>
    public void Demand(DateTimeOffset now)
    {
        if (Left < 0)
        {
            throw Refusal.TooMany(Math.Max(1, (int)Math.Ceiling((Wait ?? Ends - now).TotalSeconds)), Otherwise);
        }
    }
}

/// <summary>A limit that counts a call of a client.</summary>
/// <param name="Client">Who is counted.</param>
/// <param name="Route">The method and path that are counted together; empty for the limits per hour and per day.</param>
/// <param name="Most">The calls allowed in a window.</param>
/// <param name="Window">The length of a window.</param>
/// <param name="Otherwise">What the client may do instead of waiting, as the end of a sentence.</param>
internal readonly record struct ClientLimit(string Client, string Route, int Most, TimeSpan Window, string Otherwise);

/// <summary>
/// The limits of docs/api.md, the same at every door. They are counted in this process or, with REDIS_URL, for all servers together; while
/// Redis does not count, in this process again.
/// </summary>
internal sealed class CallLimits(Configuration.Settings settings, CallCounter counter, SharedCounter? shared = null)
{
    private const string WithCredential = ", or send a credential: an API key or a session has a larger limit";

    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    /// <summary>Whether Redis counts the calls now.</summary>
    public bool AreShared => shared?.Counts == true;

    /// <summary>Counts a call where calls are counted now: for all servers, or in this process, which takes no time.</summary>
    /// <inheritdoc cref="Take(Auth.Caller, string, CallLimit?)"/>
    public ValueTask<LimitState?> TakeAsync(Auth.Caller caller, string route, CallLimit? limit) =>
        AreShared ? TakeSharedAsync(caller, route, limit) : new(Take(caller, route, limit));

    /// <summary>Counts a call in a limit per minute that a caller has for itself.</summary>
    public async ValueTask<LimitState?> TakeAsync(string client, string route, int mostPerMinute)
    {
        if (!settings.RateLimitEnabled)
        {
            return null;
        }

        var limit = new ClientLimit(client, route, mostPerMinute, Minute, "");
        return AreShared && shared is not null && await shared.TakeAsync(limit, null) is { } counted ? counted.First : Count(limit);
    }

    /// <summary>Counts a call in this process.</summary>
    /// <param name="caller">Who calls.</param>
    /// <param name="route">The method and path that are counted together.</param>
    /// <param name="limit">How often a caller without a credential may call it; null for the limits per hour and per day.</param>
    /// <returns>The state of the limit that is closest to being used up; null if no limit applies.</returns>
    public LimitState? Take(Auth.Caller caller, string route, CallLimit? limit) =>
        First(caller, route, limit) is { } first ? Take(first) : null;

    /// <summary>Counts a call for all servers; if Redis does not answer, in this process. It never fails.</summary>
    /// <inheritdoc cref="Take(Auth.Caller, string, CallLimit?)"/>
    private async ValueTask<LimitState?> TakeSharedAsync(Auth.Caller caller, string route, CallLimit? limit)
    {
        if (First(caller, route, limit) is not { } first)
        {
            return null;
        }

        return shared is not null && await shared.TakeAsync(first, Second(first)) is { } counted
            ? Nearer(counted.First, counted.Second)
            : Take(first);
    }

    private LimitState Take(in ClientLimit first) => Nearer(Count(first), Second(first) is { } second ? Count(second) : null);

    private LimitState Count(in ClientLimit limit)
    {
        var (left, ends) = counter.Take(limit.Client, limit.Route, limit.Most, limit.Window);
        return new(limit.Most, left, ends, limit.Otherwise);
    }

    /// <summary>Returns the limit that counts a call, and of the two per hour and per day the one per hour; null if none applies.</summary>
    private ClientLimit? First(Auth.Caller caller, string route, CallLimit? limit)
    {
        if (!settings.RateLimitEnabled || ReferenceEquals(limit, CallLimit.None))
        {
            return null;
        }

        if (caller.IsKnown)
        {
            return new(caller.Client, route, settings.RateLimitPerKeyPerMinute, Minute, "");
        }

        return limit is not null
            ? new(caller.Client, route, limit.Count, limit.Window, WithCredential)
            : new(caller.Client, "", settings.RateLimitPerHour, Hour, WithCredential);
    }

    /// <summary>Returns the limit per day that counts a call together with the one per hour; null beside any other limit.</summary>
    private ClientLimit? Second(in ClientLimit first) =>
        first.Route.Length == 0 ? first with { Most = settings.RateLimitPerDay, Window = Day } : null;

    private static LimitState Nearer(in LimitState first, in LimitState? second) =>
        second is { } other && other.Left < first.Left ? other : first;
}

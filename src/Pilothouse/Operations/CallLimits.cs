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
internal readonly record struct LimitState(int Most, int Left, DateTimeOffset Ends, string Otherwise = "")
{
    /// <summary>Throws a refusal (429) if this call exceeds the limit.</summary>
    public void Demand(DateTimeOffset now)
    {
        if (Left < 0)
        {
            throw Refusal.TooMany(Math.Max(1, (int)Math.Ceiling((Ends - now).TotalSeconds)), Otherwise);
        }
    }
}

/// <summary>The limits of docs/api.md, the same at every door.</summary>
internal sealed class CallLimits(Configuration.Settings settings, CallCounter counter)
{
    private const string WithCredential = ", or send a credential: an API key or a session has a larger limit";

    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    /// <summary>Counts a call.</summary>
    /// <param name="caller">Who calls.</param>
    /// <param name="route">The method and path that are counted together.</param>
    /// <param name="limit">How often a caller without a credential may call it; null for the limits per hour and per day.</param>
    /// <returns>The state of the limit that is closest to being used up; null if no limit applies.</returns>
    public LimitState? Take(Auth.Caller caller, string route, CallLimit? limit)
    {
        if (!settings.RateLimitEnabled || ReferenceEquals(limit, CallLimit.None))
        {
            return null;
        }

        if (caller.IsKnown)
        {
            return Take(caller.Client, route, settings.RateLimitPerKeyPerMinute, TimeSpan.FromMinutes(1), "");
        }

        if (limit is not null)
        {
            return Take(caller.Client, route, limit.Count, limit.Window, WithCredential);
        }

        var hour = Take(caller.Client, "", settings.RateLimitPerHour, Hour, WithCredential);
        var day = Take(caller.Client, "", settings.RateLimitPerDay, Day, WithCredential);
        return day.Left < hour.Left ? day : hour;
    }

    private LimitState Take(string client, string route, int most, TimeSpan window, string otherwise)
    {
        var (left, ends) = counter.Take(client, route, most, window);
        return new(most, left, ends, otherwise);
    }
}

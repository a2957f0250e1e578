using System.Collections.Concurrent;
using System.Globalization;

namespace Pilothouse.Api;

/// <summary>How often a client without a credential may call an endpoint: metadata of the route.</summary>
internal sealed record CallLimit(int Count, TimeSpan Window)
{
    /// <summary>An endpoint that is never limited.</summary>
    public static readonly CallLimit None = new(0, TimeSpan.Zero);

    public static CallLimit PerMinute(int count) => new(count, TimeSpan.FromMinutes(1));
}

/// <summary>
/// Counts calls in fixed windows that begin with a client's first request. The built-in limiter's windows begin when it is made and
/// it does not tell when they end, which the X-RateLimit headers promise.
/// </summary>
internal sealed class CallCounter(TimeProvider clock)
{
    /// <summary>More clients than this at a time are swept before a new one is taken in.</summary>
    private const int MostKept = 200_000;

    private readonly ConcurrentDictionary<(string Client, string Route, long Ticks), Count> counts = new();
    private long sweptAt;
    private int kept;

    /// <summary>Counts one call.</summary>
    /// <returns>How many are left in the window (negative: one too many) and when it ends.</returns>
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
            // The dictionary's own Count takes all its locks.
            count = counts.GetOrAdd(key, new Count());
            Interlocked.Increment(ref kept);
        }

        lock (count)
        {
            // An end further off than a window is long was set by a clock that has been set back since.
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

        // An attacker with more addresses than this could otherwise fill the memory; starting over errs on the side of serving.
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

/// <summary>Applies the limits of docs/api.md and tells about them in the X-RateLimit headers.</summary>
internal sealed class CallLimits(Configuration.Settings settings, CallCounter counter, TimeProvider clock)
{
    private const string WithCredential = ", or send a credential: an API key or a session has a larger limit";

    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    /// <summary>Counts this call, writes the headers, and throws a refusal when it is one too many.</summary>
    public void Count(HttpContext http, Endpoint? endpoint, Auth.Caller caller)
    {
        if (!settings.RateLimitEnabled || !http.Request.Path.StartsWithSegments("/api"))
        {
            return;
        }

        var limit = endpoint?.Metadata.GetMetadata<CallLimit>();
        if (ReferenceEquals(limit, CallLimit.None))
        {
            return;
        }

        var route = $"{(HttpMethods.IsHead(http.Request.Method) ? "GET" : http.Request.Method)} {(endpoint as RouteEndpoint)?.RoutePattern.RawText}";
        if (caller.IsKnown)
        {
            Apply(http, settings.RateLimitPerKeyPerMinute, counter.Take(caller.Client, route, settings.RateLimitPerKeyPerMinute, TimeSpan.FromMinutes(1)));
        }
        else if (limit is not null)
        {
            Apply(http, limit.Count, counter.Take(caller.Client, route, limit.Count, limit.Window), WithCredential);
        }
        else
        {
            var hour = counter.Take(caller.Client, "", settings.RateLimitPerHour, Hour);
            var day = counter.Take(caller.Client, "", settings.RateLimitPerDay, Day);
            var dayIsNearer = day.Left < hour.Left;
            Apply(http, dayIsNearer ? settings.RateLimitPerDay : settings.RateLimitPerHour, dayIsNearer ? day : hour, WithCredential);
        }
    }

    /// <summary>Writes the headers of a limit, and refuses when nothing is left.</summary>
    public void Apply(HttpContext http, int most, (int Left, DateTimeOffset Ends) state, string otherwise = "")
    {
        var headers = http.Response.Headers;
        headers["X-RateLimit-Limit"] = most.ToString(CultureInfo.InvariantCulture);
        headers["X-RateLimit-Remaining"] = Math.Max(state.Left, 0).ToString(CultureInfo.InvariantCulture);
        headers["X-RateLimit-Reset"] = ((state.Ends.ToUnixTimeMilliseconds() + 999) / 1000).ToString(CultureInfo.InvariantCulture);
        if (state.Left < 0)
        {
            throw Refusal.TooMany(Math.Max(1, (int)Math.Ceiling((state.Ends - clock.GetUtcNow()).TotalSeconds)), otherwise);
        }
    }
}

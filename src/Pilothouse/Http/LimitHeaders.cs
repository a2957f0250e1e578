using System.Globalization;
using Pilothouse.Auth;
using Pilothouse.Operations;

namespace Pilothouse.Http;

/// <summary>Counts requests in their limits and writes the X-RateLimit headers.</summary>
internal sealed class LimitHeaders(CallLimits limits, TimeProvider clock)
{
    /// <summary>Counts this request and writes the headers; throws a refusal (429) if the limit is exceeded.</summary>
    /// <returns>A task that waits for Redis, if that counts; else it is completed.</returns>
    public Task CountAsync(HttpContext http, Endpoint? endpoint, Caller caller)
    {
        if (!http.Request.Path.StartsWithSegments("/api") && !Routes.IsMcp(http))
        {
            return Task.CompletedTask;
        }

        var limit = endpoint?.Metadata.GetMetadata<CallLimit>();
        var route = $"{(HttpMethods.IsHead(http.Request.Method) ? "GET" : http.Request.Method)} {(endpoint as RouteEndpoint)?.RoutePattern.RawText}";
        var counting = limits.TakeAsync(caller, route, limit);
        if (!counting.IsCompletedSuccessfully)
        {
            return ApplyAsync(http, counting);
        }

        if (counting.Result is { } state)
        {
            Apply(http, state);
        }

        return Task.CompletedTask;
    }

    /// <summary>Writes the headers of a limit; throws a refusal (429) if nothing of it is left.</summary>
    public void Apply(HttpContext http, LimitState state)
    {
        var headers = http.Response.Headers;
        headers["X-RateLimit-Limit"] = state.Most.ToString(CultureInfo.InvariantCulture);
        headers["X-RateLimit-Remaining"] = Math.Max(state.Left, 0).ToString(CultureInfo.InvariantCulture);
        headers["X-RateLimit-Reset"] = ((state.Ends.ToUnixTimeMilliseconds() + 999) / 1000).ToString(CultureInfo.InvariantCulture);
        state.Demand(clock.GetUtcNow());
    }

    private async Task ApplyAsync(HttpContext http, ValueTask<LimitState?> counting)
    {
        if (await counting is { } state)
        {
            Apply(http, state);
        }
    }
}

using System.Diagnostics;
using Pilothouse.Auth;
using Pilothouse.Monitoring;
using Serilog.Events;
using Serilog.Parsing;

namespace Pilothouse.Http;

/// <summary>Writes a log line for each request. It does not use message templates, as it runs for every request and must be fast.</summary>
internal sealed class RequestLog(Serilog.ILogger logger)
{
    /// <summary>The most characters of an unknown path that are logged: enough to find a wrong address in a bot.</summary>
    private const int LongestPath = 100;

    private static readonly MessageTemplate Template = new MessageTemplateParser().Parse("{request}");

    public void Write(HttpContext http, string credential, long started, RequestFailure failure)
    {
        var status = http.Response.StatusCode;
        var level = status >= 500 ? LogEventLevel.Error : IsPassedHealthCheck(http, status) ? LogEventLevel.Debug : LogEventLevel.Information;
        if (!logger.IsEnabled(level))
        {
            return;
        }

        var line = new RequestLine(
            Framing.IsMethod(http.Request.Method) ? http.Request.Method : "other", RouteOf(http), status, Stopwatch.GetElapsedTime(started).TotalMilliseconds,
            Caller.AddressOf(http.Connection.RemoteIpAddress), credential, http.TraceIdentifier, failure);
        logger.Write(new LogEvent(Now(), level, null, Template, [new LogEventProperty(RequestLine.Property, line)]));
    }

    /// <summary>Requests that are logged at DEBUG only: load balancers and containers send them every second.</summary>
    private static bool IsPassedHealthCheck(HttpContext http, int status) => status < 300 && http.Request.Path.StartsWithSegments("/health");

    private static string RouteOf(HttpContext http) =>
        (http.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText is { Length: > 1 } route ? route.TrimEnd('/')
        : http.Request.Path.Value is not { Length: > LongestPath } path ? http.Request.Path.Value ?? ""
        : path[..LongestPath] + "...";

    private static DateTimeOffset Now() => TimeProvider.System.GetUtcNow();
}

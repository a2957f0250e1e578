using System.Diagnostics;
using Pilothouse.Auth;
using Pilothouse.Monitoring;
using Pilothouse.Operations;
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
        var level = status >= 500 ? LogEventLevel.Error : IsPassedPoll(http, status) ? LogEventLevel.Debug : LogEventLevel.Information;
        if (!logger.IsEnabled(level))
        {
            return;
        }

        var line = new RequestLine(
            Framing.IsMethod(http.Request.Method) ? http.Request.Method : "other", ToolCallNote.Of(http)?.Route ?? RouteOf(http), status, Stopwatch.GetElapsedTime(started).TotalMilliseconds,
            Caller.AddressOf(http.Connection.RemoteIpAddress), credential, http.TraceIdentifier, failure);
        logger.Write(new LogEvent(Now(), level, null, Template, [new LogEventProperty(RequestLine.Property, line)]));
    }

    /// <summary>Requests that are logged at DEBUG only: load balancers ask for the health every second, and bots whether they may trade.</summary>
    private static bool IsPassedPoll(HttpContext http, int status) =>
        status < 300 && (http.Request.Path.StartsWithSegments("/health") || http.GetEndpoint()?.Metadata.GetMetadata<Operation>() is { IsPolled: true });

    private static string RouteOf(HttpContext http) =>
        (http.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText is { Length: > 1 } route ? route.TrimEnd('/')
        : SecretText.Masked(http.Request.Path.Value ?? "") is var path && path.Length <= LongestPath ? path
        : path[..LongestPath] + "...";

    private static DateTimeOffset Now() => TimeProvider.System.GetUtcNow();
}

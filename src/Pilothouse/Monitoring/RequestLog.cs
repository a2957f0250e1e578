using System.Diagnostics;
using System.Globalization;
using Pilothouse.Auth;
using Serilog.Events;
using Serilog.Parsing;

namespace Pilothouse.Monitoring;

/// <summary>One answered request, as the log tells it: the route, never the query, a body or a credential itself.</summary>
internal sealed class RequestLine(string method, string route, int status, double durationMs, string client, string credential, string requestId) : LogEventPropertyValue
{
    public const string Property = "request";

    public string Method => method;

    public string Route => route;

    public int Status => status;

    public double DurationMs => durationMs;

    public string Client => client;

    public string Credential => credential;

    public string RequestId => requestId;

    public override void Render(TextWriter output, string? format = null, IFormatProvider? formatProvider = null) =>
        output.Write(string.Create(CultureInfo.InvariantCulture, $"{method} {route} {status} {durationMs:0.###} ms {client} {OneLine(credential)} {requestId}"));

    /// <summary>An API key's name is a client's text: it must not begin a line of its own in a log of text.</summary>
    private static string OneLine(string text) => text.Any(char.IsControl) ? string.Concat(text.Select(static c => char.IsControl(c) ? '?' : c)) : text;
}

/// <summary>Writes a line for each request. It goes past the message templates: it is on every request's way.</summary>
internal sealed class RequestLog(Serilog.ILogger logger)
{
    private static readonly MessageTemplate Template = new MessageTemplateParser().Parse("{request}");

    public void Write(HttpContext http, string credential, long started)
    {
        var status = http.Response.StatusCode;
        var level = status >= 500 ? LogEventLevel.Error : LogEventLevel.Information;
        if (!logger.IsEnabled(level))
        {
            return;
        }

        var line = new RequestLine(
            http.Request.Method, RouteOf(http), status, Stopwatch.GetElapsedTime(started).TotalMilliseconds,
            Caller.AddressOf(http.Connection.RemoteIpAddress), credential, http.TraceIdentifier);
        logger.Write(new LogEvent(Now(), level, null, Template, [new LogEventProperty(RequestLine.Property, line)]));
    }

    private static string RouteOf(HttpContext http) =>
        (http.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText is { Length: > 1 } route ? route.TrimEnd('/') : "-";

    private static DateTimeOffset Now() => TimeProvider.System.GetUtcNow();
}

using System.Diagnostics;
using System.Globalization;
using Pilothouse.Auth;
using Serilog.Events;
using Serilog.Parsing;

namespace Pilothouse.Monitoring;

/// <summary>Why a request was not carried out.</summary>
/// <param name="Code">What the client was told, one of <see cref="Api.ErrorCodes"/>; null where it was told nothing.</param>
/// <param name="Reason">What only the log says: why the server could not.</param>
internal readonly record struct RequestFailure(string? Code, string? Reason);

/// <summary>One answered request, as the log tells it: the route, never the query, a body or a credential itself.</summary>
internal sealed class RequestLine(string method, string route, int status, double durationMs, string client, string credential, string requestId, RequestFailure failure) : LogEventPropertyValue
{
    public const string Property = "request";

    public string Method => method;

    public string Route => route;

    public int Status => status;

    public double DurationMs => durationMs;

    public string Client => client;

    public string Credential => credential;

    public string RequestId => requestId;

    public RequestFailure Failure => failure;

    public override void Render(TextWriter output, string? format = null, IFormatProvider? formatProvider = null)
    {
        output.Write(string.Create(CultureInfo.InvariantCulture, $"{method} {Api.PrintableText.Of(OneWord(route))} {status} {durationMs:0.###} ms {client} {Api.PrintableText.Of(credential)} {requestId}"));
        if (failure.Code is not null)
        {
            output.Write($" {failure.Code}");
        }

        if (failure.Reason is not null)
        {
            output.Write($": {Api.PrintableText.Of(failure.Reason)}");
        }
    }

    /// <summary>A path is a stranger's text: it must not look like the columns behind it.</summary>
    private static string OneWord(string path) => path.Any(IsSpace) ? string.Concat(path.Select(static c => IsSpace(c) ? Uri.EscapeDataString(c.ToString()) : c.ToString())) : path;

    private static bool IsSpace(char c) => char.IsWhiteSpace(c) || char.IsControl(c);
}

/// <summary>Writes a line for each request. It goes past the message templates: it is on every request's way.</summary>
internal sealed class RequestLog(Serilog.ILogger logger)
{
    /// <summary>A path that is none of ours is shown, so that a wrong address in a bot can be found, but not at any length.</summary>
    private const int LongestPath = 100;

    private static readonly MessageTemplate Template = new MessageTemplateParser().Parse("{request}");

    public void Write(HttpContext http, string credential, long started, RequestFailure failure)
    {
        var status = http.Response.StatusCode;
        var level = status >= 500 ? LogEventLevel.Error : LogEventLevel.Information;
        if (!logger.IsEnabled(level))
        {
            return;
        }

        var line = new RequestLine(
            Api.Framing.IsMethod(http.Request.Method) ? http.Request.Method : "other", RouteOf(http), status, Stopwatch.GetElapsedTime(started).TotalMilliseconds,
            Caller.AddressOf(http.Connection.RemoteIpAddress), credential, http.TraceIdentifier, failure);
        logger.Write(new LogEvent(Now(), level, null, Template, [new LogEventProperty(RequestLine.Property, line)]));
    }

    private static string RouteOf(HttpContext http) =>
        (http.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText is { Length: > 1 } route ? route.TrimEnd('/')
        : http.Request.Path.Value is not { Length: > LongestPath } path ? http.Request.Path.Value ?? ""
        : path[..LongestPath] + "...";

    private static DateTimeOffset Now() => TimeProvider.System.GetUtcNow();
}

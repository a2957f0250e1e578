using System.Globalization;
using Pilothouse.Contract;
using Serilog.Events;

namespace Pilothouse.Monitoring;

/// <summary>Why a request was not carried out.</summary>
/// <param name="Code">What the client was told, one of <see cref="ErrorCodes"/>; null where it was told nothing.</param>
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
        output.Write(string.Create(CultureInfo.InvariantCulture, $"{method} {PrintableText.Of(OneWord(route))} {status} {durationMs:0.###} ms {client} {PrintableText.Of(credential)} {requestId}"));
        if (failure.Code is not null)
        {
            output.Write($" {failure.Code}");
        }

        if (failure.Reason is not null)
        {
            output.Write($": {PrintableText.Of(failure.Reason)}");
        }
    }

    /// <summary>A path is a stranger's text: it must not look like the columns behind it.</summary>
    private static string OneWord(string path) => path.Any(IsSpace) ? string.Concat(path.Select(static c => IsSpace(c) ? Uri.EscapeDataString(c.ToString()) : c.ToString())) : path;

    private static bool IsSpace(char c) => char.IsWhiteSpace(c) || char.IsControl(c);
}

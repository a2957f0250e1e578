using System.Globalization;
using Pilothouse.Contract;
using Serilog.Events;

namespace Pilothouse.Monitoring;

/// <summary>Why a request was not carried out.</summary>
/// <param name="Code">The code that the client got, one of <see cref="ErrorCodes"/>; null if it got none.</param>
/// <param name="Reason">The reason for the log only, which the client did not get.</param>
internal readonly record struct RequestFailure(string? Code, string? Reason);

/// <summary>The log line of one answered request. It contains the route, but never the query, the body or the credential.</summary>
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

    /// <summary>Replaces spaces in a path: a client chooses this text, and it must not look like the columns that follow it.</summary>
    private static string OneWord(string path) => path.Any(IsSpace) ? string.Concat(path.Select(static c => IsSpace(c) ? Uri.EscapeDataString(c.ToString()) : c.ToString())) : path;

    private static bool IsSpace(char c) => char.IsWhiteSpace(c) || char.IsControl(c);
}

using Microsoft.AspNetCore.Http.Features;
using Pilothouse.Contract;

namespace Pilothouse.Http;

/// <summary>
/// Makes sure that a proxy and this server agree on where a request ends. If they disagree, bytes of one client can become another client's
/// request (request smuggling). The web server refuses most such requests; this class refuses the rest, which the standard allows. It also
/// refuses made-up methods before anything is stored under their names.
/// </summary>
internal static class Framing
{
    /// <summary>Whether the text is a known HTTP method, in capitals: methods are case-sensitive, so <c>get</c> is not GET.</summary>
    public static bool IsMethod(string method) => method is "GET" or "HEAD" or "POST" or "PATCH" or "DELETE" or "PUT" or "OPTIONS";

    public static void Check(HttpContext http)
    {
        if (!IsMethod(http.Request.Method))
        {
            http.Response.Headers.Allow = "GET, HEAD, POST, PATCH, DELETE";
            throw new Refusal(405, ErrorCodes.MethodNotAllowed, "Method not allowed", "Send GET, HEAD, POST, PATCH or DELETE, in capitals.");
        }

        var target = http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        if (target.AsSpan().ContainsAnyInRange('\0', ' ') || target.Contains('\u007f', StringComparison.Ordinal))
        {
            Close(http);
            throw new Refusal(400, ErrorCodes.BadRequest, "Bad request", "Write spaces and control characters of a path or a query as %20 and the like.");
        }

        var headers = http.Request.Headers;
        var encoding = headers.TransferEncoding;
        if (encoding.Count == 0)
        {
            return;
        }

        // If a request has both a length and a transfer encoding, the web server moves the length to this header.
        if (encoding.Count > 1 || !"chunked".Equals(encoding[0], StringComparison.OrdinalIgnoreCase) || headers.ContainsKey("X-Content-Length"))
        {
            Close(http);
            throw new Refusal(400, ErrorCodes.BadRequest, "Bad request", "Send Content-Length, or Transfer-Encoding: chunked, and not both.");
        }
    }

    /// <summary>
    /// Closes the connection, because nobody can tell where the next request begins. HTTP/2 has frames and does not need this.
    /// </summary>
    private static void Close(HttpContext http)
    {
        if (!HttpProtocol.IsHttp2(http.Request.Protocol))
        {
            http.Response.Headers.Connection = "close";
        }
    }
}

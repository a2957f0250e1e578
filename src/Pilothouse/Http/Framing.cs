using Microsoft.AspNetCore.Http.Features;
using Pilothouse.Contract;

namespace Pilothouse.Http;

/// <summary>
/// Where a request ends must be beyond doubt: a proxy that sees another end than we do lets one client's bytes become another's
/// request. The web server refuses most of that; this is the rest, which it reads in the way that the standard allows. Made-up methods
/// are refused here as well, before anything is kept under their names.
/// </summary>
internal static class Framing
{
    /// <summary>Whether it is a method that requests have, written as the standard writes it: get is another one than GET.</summary>
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

        // The web server keeps a length that came together with an encoding under this name.
        if (encoding.Count > 1 || !"chunked".Equals(encoding[0], StringComparison.OrdinalIgnoreCase) || headers.ContainsKey("X-Content-Length"))
        {
            Close(http);
            throw new Refusal(400, ErrorCodes.BadRequest, "Bad request", "Send Content-Length, or Transfer-Encoding: chunked, and not both.");
        }
    }

    /// <summary>What follows on the connection may be anything. HTTP/2 has frames, and no such header.</summary>
    private static void Close(HttpContext http)
    {
        if (!HttpProtocol.IsHttp2(http.Request.Protocol))
        {
            http.Response.Headers.Connection = "close";
        }
    }
}

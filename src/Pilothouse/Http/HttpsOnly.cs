using Microsoft.AspNetCore.Http.Extensions;
using Pilothouse.Configuration;
using Pilothouse.Contract;

namespace Pilothouse.Http;

/// <summary>
/// The setting FORCE_HTTPS: over http only /health, and /metrics for this machine, are answered. Every other request is redirected,
/// whatever credential it carries, and browsers are told to use https from now on (HSTS).
/// </summary>
internal static class HttpsOnly
{
    /// <summary>Throws a refusal with the https address if the request must come by https.</summary>
    public static void Check(HttpContext http, Settings settings)
    {
        if (!settings.ForceHttps)
        {
            return;
        }

        if (http.Request.IsHttps)
        {
            // A browser applies HSTS to every port of a host name: on localhost, other local web pages would no longer open.
            if (!http.Request.Host.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase))
            {
                http.Response.Headers.StrictTransportSecurity = "max-age=31536000";
            }

            return;
        }

        if (http.Request.Path.StartsWithSegments("/health") || Scraping.IsFromHere(http, settings))
        {
            return;
        }

        var request = http.Request;
        if (!request.Host.HasValue)
        {
            throw new Refusal(400, ErrorCodes.BadRequest, "HTTPS required", "Use https://, and send a Host header.");
        }

        http.Response.Headers.Location = UriHelper.BuildAbsolute("https", Where(request, settings), request.PathBase, request.Path, request.QueryString);
        throw new Refusal(308, ErrorCodes.HttpsRequired, "HTTPS required",
            "Use https://. A credential that was sent with http:// could be read on its way and was not looked at: replace it.");
    }

    /// <summary>
    /// The https address of this request. A proxy in front of this server serves https on the standard port, not on HTTPS_PORT.
    /// </summary>
    private static HostString Where(HttpRequest request, Settings settings) =>
        settings.HasTls && settings.HttpsPort != 443 && !request.Headers.ContainsKey("X-Original-Proto") && !request.Headers.ContainsKey("X-Original-For")
            ? new HostString(request.Host.Host, settings.HttpsPort)
            : new HostString(request.Host.Host);
}

using Microsoft.AspNetCore.Http.Extensions;
using Pilothouse.Configuration;
using Pilothouse.Contract;

namespace Pilothouse.Http;

/// <summary>
/// FORCE_HTTPS: nothing but /health, and figures that stay on this machine, is answered over http, whatever the request brought with it, and browsers are told to come by
/// https of their own accord.
/// </summary>
internal static class HttpsOnly
{
    /// <summary>Refuses a request that must come by https, with the address where to.</summary>
    public static void Check(HttpContext http, Settings settings)
    {
        if (!settings.ForceHttps)
        {
            return;
        }

        if (http.Request.IsHttps)
        {
            // A browser applies it to every port of a name: other pages that are made on this machine would no longer open.
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

    /// <summary>A proxy serves https on its own port, which is the standard one.</summary>
    private static HostString Where(HttpRequest request, Settings settings) =>
        settings.HasTls && settings.HttpsPort != 443 && !request.Headers.ContainsKey("X-Original-Proto") && !request.Headers.ContainsKey("X-Original-For")
            ? new HostString(request.Host.Host, settings.HttpsPort)
            : new HostString(request.Host.Host);
}

using System.Security.Cryptography;
using Scalar.AspNetCore;

namespace Pilothouse.Http;

/// <summary>/openapi/v1.json and the page that shows it.</summary>
internal static class Docs
{
    public static void MapDocs(this IEndpointRouteBuilder routes)
    {
        var kept = routes.ServiceProvider.GetRequiredService<KeptDocument>();
        routes.MapOpenApi("/openapi/v1.json").AnswersHead().Add(endpoint =>
        {
            var make = endpoint.RequestDelegate!;
            endpoint.RequestDelegate = http => kept.AnswerAsync(http, make);
        });
        routes.MapScalarApiReference("/docs", static (options, http) =>
        {
            options.Title = "Pilothouse API";
            options.OpenApiRoutePattern = "/openapi/v1.json";
            options.Nonce = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
            http.Response.Headers.ContentSecurityPolicy = PagePolicy(options.Nonce);

            // Everything that calls the page author's own services is switched off: the page loads nothing from other machines.
            options.DefaultFonts = false;
            options.Telemetry = false;
            options.HideClientButton = true;
            options.ShowDeveloperTools = DeveloperToolsVisibility.Never;
            options.Agent = new ScalarAgentOptions { Disabled = true };
            options.Mcp = new ScalarMcpOptions { Disabled = true };
        }).ExcludeFromDescription().AnswersHead().Compressed(routes.ServiceProvider);
    }

    /// <summary>
    /// The page may run this server's own script and the one inline script that carries this answer's nonce, nothing else.
    /// </summary>
    private static string PagePolicy(string nonce) =>
        $"default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

    /// <summary>Adds HEAD to a route that a library maps for GET only, because every GET of this API also answers HEAD.</summary>
    private static IEndpointConventionBuilder AnswersHead(this IEndpointConventionBuilder route)
    {
        route.Add(static endpoint =>
        {
            if (endpoint.Metadata.OfType<HttpMethodMetadata>().FirstOrDefault() is { } methods && methods.HttpMethods.Contains("GET"))
            {
                endpoint.Metadata.Remove(methods);
                endpoint.Metadata.Add(new HttpMethodMetadata(Routes.Read));
            }
        });
        return route;
    }
}

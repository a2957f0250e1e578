using Scalar.AspNetCore;

namespace Pilothouse.Api;

/// <summary>/openapi/v1.json and the page that shows it.</summary>
internal static class Docs
{
    /// <summary>The page runs its own script and style, from this server only.</summary>
    private const string PagePolicy =
        "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'";

    public static void MapDocs(this IEndpointRouteBuilder routes)
    {
        routes.MapOpenApi("/openapi/v1.json").AnswersHead();
        routes.MapScalarApiReference("/docs", static options =>
        {
            options.Title = "Pilothouse API";
            options.OpenApiRoutePattern = "/openapi/v1.json";
            options.DefaultFonts = false;
            options.Telemetry = false;
        }).AddEndpointFilter(static async (context, next) =>
        {
            context.HttpContext.Response.Headers.ContentSecurityPolicy = PagePolicy;
            return await next(context);
        }).ExcludeFromDescription().AnswersHead();
    }

    /// <summary>Libraries map GET alone; every GET answers HEAD here.</summary>
    private static void AnswersHead(this IEndpointConventionBuilder route) => route.Add(static endpoint =>
    {
        if (endpoint.Metadata.OfType<HttpMethodMetadata>().FirstOrDefault() is { } methods && methods.HttpMethods.Contains("GET"))
        {
            endpoint.Metadata.Remove(methods);
            endpoint.Metadata.Add(new HttpMethodMetadata(Http.Read));
        }
    });
}

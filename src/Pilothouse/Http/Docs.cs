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
        routes.MapHandler("/docs", Routes.Read, ReferencePage.AnswerAsync).ExcludeFromDescription().Compressed(routes.ServiceProvider);
        routes.MapHandler("/docs/{file}", Routes.Read, ReferencePage.AnswerFileAsync).ExcludeFromDescription();
    }

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

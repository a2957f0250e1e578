namespace Pilothouse.Http;

/// <summary>/openapi/v1.json and the page that shows it.</summary>
internal static class Docs
{
    public static void MapDocs(this IEndpointRouteBuilder routes)
    {
        routes.MapHandler("/openapi/v1.json", Routes.Read, routes.ServiceProvider.GetRequiredService<KeptDocument>().AnswerAsync).ExcludeFromDescription();
        routes.MapHandler("/docs", Routes.Read, ReferencePage.AnswerAsync).ExcludeFromDescription().Compressed(routes.ServiceProvider);
        routes.MapHandler("/docs/{file}", Routes.Read, ReferencePage.AnswerFileAsync).ExcludeFromDescription();
    }
}

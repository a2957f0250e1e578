namespace Pilothouse.Tests.Fixtures;

/// <summary>A body for every write, so that a new one is tried without a line of its own: the example of the OpenAPI document, which OpenApiExampleTests tries.</summary>
internal static class ExampleBodies
{
    /// <summary>By method and path, such as <c>POST /api/signals</c>; null where the write takes no body.</summary>
    public static async Task<Dictionary<string, string?>> OfAsync(TestServer server)
    {
        var paths = (await server.GetAsync("/openapi/v1.json"))["paths"]!.AsObject();
        return paths.SelectMany(static path => path.Value!.AsObject().Where(static operation => operation.Key != "get").Select(operation => (
                Route: $"{operation.Key.ToUpperInvariant()} {path.Key}",
                Body: operation.Value!["requestBody"]?["content"]?["application/json"]?["example"]?.ToJsonString())))
            .ToDictionary(static write => write.Route, static write => write.Body);
    }
}

using System.Text.Json.Serialization;
using Pilothouse.Contract;

namespace Pilothouse.Http;

/// <summary>What <c>/.well-known/oauth-protected-resource</c> says (RFC 9728): how a client of /mcp sends its credential.</summary>
/// <param name="Resource">The address of /mcp.</param>
/// <param name="BearerMethodsSupported">Where a credential is sent.</param>
/// <param name="ScopesSupported">What a key may allow.</param>
/// <param name="ResourceName">The name of the server.</param>
/// <param name="ResourceDocumentation">Where people read about it.</param>
internal sealed record ProtectedResource(
    string Resource, IReadOnlyList<string> BearerMethodsSupported, IReadOnlyList<string> ScopesSupported, string ResourceName, string ResourceDocumentation)
{
    private const string Path = "/.well-known/oauth-protected-resource";

    /// <summary>Maps the document, also at the place where a client looks for that of a path.</summary>
    public static void Map(IEndpointRouteBuilder routes)
    {
        foreach (var path in new[] { Path, Path + Routes.Mcp })
        {
            routes.MapHandler(path, Routes.Read, static http => JsonAnswer.WriteAsync(http, Of(http), ProtectedResourceJson.Default.ProtectedResource)).ExcludeFromDescription();
        }
    }

    /// <summary>The header WWW-Authenticate of a 401, which names the document.</summary>
    public static string Challenge(HttpContext http) => $"Bearer resource_metadata=\"{BaseOf(http)}{Path}{Routes.Mcp}\"";

    /// <summary>There is no authorization server: keys are made by the owner, with a command or POST /api/keys.</summary>
    private static ProtectedResource Of(HttpContext http) =>
        new(BaseOf(http) + Routes.Mcp, ["header"], ["read", "write", "control"], "Pilothouse", $"{BaseOf(http)}/docs");

    private static string BaseOf(HttpContext http) => $"{http.Request.Scheme}://{http.Request.Host}{http.Request.PathBase}";
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ProtectedResource))]
internal sealed partial class ProtectedResourceJson : JsonSerializerContext;

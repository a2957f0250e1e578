using Microsoft.AspNetCore.Http.Metadata;
using Pilothouse.Contract;

namespace Pilothouse.Http;

/// <summary>How routes are declared: their name, and what they take, answer and refuse. The OpenAPI document is built from this.</summary>
internal static class Routes
{
    /// <summary>The methods of a read: every GET also answers HEAD.</summary>
    public static readonly string[] Read = ["GET", "HEAD"];

    /// <summary>The path of the Model Context Protocol.</summary>
    public const string Mcp = "/mcp";

    /// <summary>Whether a request speaks the Model Context Protocol.</summary>
    public static bool IsMcp(HttpContext http) => http.Request.Path.StartsWithSegments(Mcp);

    public static IEndpointConventionBuilder Named(this IEndpointConventionBuilder route, string name, string summary) => route.WithName(name).WithSummary(summary);

    public static IEndpointConventionBuilder Takes<T>(this IEndpointConventionBuilder route)
        where T : class, IInput<T> => route.WithMetadata(new AcceptsMetadata(["application/json"], typeof(T)), T.Rules);

    public static IEndpointConventionBuilder Answers<T>(this IEndpointConventionBuilder route, int status = 200) =>
        route.WithMetadata(new ProducesResponseTypeMetadata(status, typeof(T), ["application/json"]));

    /// <summary>Sets how this route uses a credential in the OpenAPI document, if it differs from what is usual for its method.</summary>
    public static T Credential<T>(this T route, CredentialUse use)
        where T : IEndpointConventionBuilder => route.WithMetadata(new TakesCredential(use));

    /// <summary>Lists the error statuses of this route; 500 is always listed.</summary>
    public static IEndpointConventionBuilder Refuses(this IEndpointConventionBuilder route, params int[] statuses)
    {
        foreach (var status in statuses)
        {
            route.Answers<ErrorBody>(status);
        }

        return route;
    }

    /// <summary>
    /// Maps a handler that finds nothing among the services of a request, so that none are made for it. The library that builds the OpenAPI
    /// document only includes routes that have the method of their handler among their metadata.
    /// </summary>
    public static IEndpointConventionBuilder MapHandler(this IEndpointRouteBuilder routes, string path, string[] methods, RequestDelegate handler) =>
        routes.MapMethods(path, methods, handler).WithMetadata(handler.Method);
}

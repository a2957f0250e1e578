using System.Globalization;

namespace Pilothouse.Api;

/// <summary>How routes are declared: what they are called, take, answer and refuse. The OpenAPI document says the same.</summary>
internal static class Http
{
    /// <summary>Every GET answers HEAD too.</summary>
    public static readonly string[] Read = ["GET", "HEAD"];

    public static RouteHandlerBuilder Named(this RouteHandlerBuilder route, string name, string summary) => route.WithName(name).WithSummary(summary);

    public static RouteHandlerBuilder Takes<T>(this RouteHandlerBuilder route)
        where T : class, IInput<T> => route.Accepts<T>("application/json").WithMetadata(T.Rules);

    public static RouteHandlerBuilder Takes(this RouteHandlerBuilder route, QueryShape query) => route.WithMetadata(query);

    public static RouteHandlerBuilder TakesId(this RouteHandlerBuilder route) => route.WithMetadata(new IdInPath());

    public static RouteHandlerBuilder TakesName(this RouteHandlerBuilder route) => route.WithMetadata(new NameInPath());

    public static RouteHandlerBuilder Answers<T>(this RouteHandlerBuilder route, int status = 200) => route.Produces<T>(status, "application/json");

    /// <summary>A read that needs another scope than <c>read</c> and asks for it itself, whether reads need a credential or not.</summary>
    public static RouteHandlerBuilder AsksForItsScope(this RouteHandlerBuilder route) => route.WithMetadata(new AsksForItsScope());

    /// <summary>What the OpenAPI document says of a credential on this route, where it is not the usual one of its method.</summary>
    public static T Credential<T>(this T route, CredentialUse use)
        where T : IEndpointConventionBuilder => route.WithMetadata(new TakesCredential(use));

    /// <summary>The failures of this route besides 500.</summary>
    public static RouteHandlerBuilder Refuses(this RouteHandlerBuilder route, params int[] statuses)
    {
        foreach (var status in statuses)
        {
            route.Produces<ErrorBody>(status, "application/json");
        }

        return route;
    }

    /// <summary>The failures that every write has, and <paramref name="more"/>.</summary>
    public static RouteHandlerBuilder RefusesAsWrite(this RouteHandlerBuilder route, params int[] more) =>
        route.Refuses([400, 401, 403, 409, 413, 415, 429, 503, 507, .. more]);

    public static RouteHandlerBuilder PerMinute(this RouteHandlerBuilder route, int calls) => route.WithMetadata(CallLimit.PerMinute(calls));

    /// <summary>The id in the path; one that is no number is an id that does not exist.</summary>
    public static long IdOf(HttpContext http) =>
        long.TryParse(http.Request.RouteValues["id"] as string, NumberStyles.None, CultureInfo.InvariantCulture, out var id)
            ? id
            : throw Refusal.NotFound("Not found", "The id in the path must be a whole number that a list or an answer gave.");
}

/// <summary>Metadata: the read asks for its scope itself.</summary>
internal sealed record AsksForItsScope;

/// <summary>Metadata: the path holds {id}.</summary>
internal sealed record IdInPath;

/// <summary>Metadata: the path holds {name}.</summary>
internal sealed record NameInPath;

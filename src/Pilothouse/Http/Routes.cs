using Pilothouse.Contract;

namespace Pilothouse.Http;

/// <summary>How routes are declared: their name, and what they take, answer and refuse. The OpenAPI document is built from this.</summary>
internal static class Routes
{
    /// <summary>The methods of a read: every GET also answers HEAD.</summary>
    public static readonly string[] Read = ["GET", "HEAD"];

    public static RouteHandlerBuilder Named(this RouteHandlerBuilder route, string name, string summary) => route.WithName(name).WithSummary(summary);

    public static RouteHandlerBuilder Takes<T>(this RouteHandlerBuilder route)
        where T : class, IInput<T> => route.Accepts<T>("application/json").WithMetadata(T.Rules);

    public static RouteHandlerBuilder Answers<T>(this RouteHandlerBuilder route, int status = 200) => route.Produces<T>(status, "application/json");

    /// <summary>Sets how this route uses a credential in the OpenAPI document, if it differs from what is usual for its method.</summary>
    public static T Credential<T>(this T route, CredentialUse use)
        where T : IEndpointConventionBuilder => route.WithMetadata(new TakesCredential(use));

    /// <summary>Lists the error statuses of this route; 500 is always listed.</summary>
    public static RouteHandlerBuilder Refuses(this RouteHandlerBuilder route, params int[] statuses)
    {
        foreach (var status in statuses)
        {
            route.Produces<ErrorBody>(status, "application/json");
        }

        return route;
    }
}

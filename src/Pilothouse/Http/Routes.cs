using Pilothouse.Contract;

namespace Pilothouse.Http;

/// <summary>How routes are declared: what they are called, take, answer and refuse. The OpenAPI document says the same.</summary>
internal static class Routes
{
    /// <summary>Every GET answers HEAD too.</summary>
    public static readonly string[] Read = ["GET", "HEAD"];

    public static RouteHandlerBuilder Named(this RouteHandlerBuilder route, string name, string summary) => route.WithName(name).WithSummary(summary);

    public static RouteHandlerBuilder Takes<T>(this RouteHandlerBuilder route)
        where T : class, IInput<T> => route.Accepts<T>("application/json").WithMetadata(T.Rules);

    public static RouteHandlerBuilder Answers<T>(this RouteHandlerBuilder route, int status = 200) => route.Produces<T>(status, "application/json");

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
}

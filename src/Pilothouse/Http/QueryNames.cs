using System.Collections.Concurrent;
using Pilothouse.Contract;

namespace Pilothouse.Http;

/// <summary>
/// Checks the names in a query before the endpoint reads their values. A name that is almost a parameter of the endpoint, or that another
/// endpoint of the same resource takes, is refused, because the client believes that it filters by it. Other unknown names are listed in
/// the header <c>X-Ignored</c>. Names that begin with an underscore are cache busters and are ignored.
/// </summary>
internal sealed class QueryNames(RequestDelegate next)
{
    private readonly ConcurrentDictionary<RouteEndpoint, Names> known = new();

    public Task InvokeAsync(HttpContext http)
    {
        if (http.Request.QueryString.HasValue && http.GetEndpoint() is RouteEndpoint endpoint)
        {
            Check(http, known.GetOrAdd(endpoint, static (endpoint, http) => Names.Of(endpoint, http), http));
        }

        return next(http);
    }

    private static void Check(HttpContext http, Names names)
    {
        List<FieldError>? errors = null;
        List<string>? ignored = null;
        foreach (var (name, values) in http.Request.Query)
        {
            if (name.StartsWith('_') || names.Own.Contains(name))
            {
                continue;
            }

            if (names.Problem(name, values.Count) is { } problem)
            {
                (errors ??= []).Add(new(InputNames.Shown(name), problem));
            }
            else
            {
                (ignored ??= []).Add(InputNames.Shown(name));
            }
        }

        IgnoredNames.Note(http, ignored);
        if (errors is not null)
        {
            throw Refusal.Invalid(errors);
        }
    }

    /// <summary>The parameters of one endpoint and those of the other endpoints of its resource.</summary>
    private sealed record Names(HashSet<string> Own, Dictionary<string, string> Siblings, bool IsOurs)
    {
        public static Names Of(RouteEndpoint endpoint, HttpContext http)
        {
            var siblings = new Dictionary<string, string>();
            foreach (var other in http.RequestServices.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>())
            {
                if (Resource(other) == Resource(endpoint))
                {
                    Parameters(other).ToList().ForEach(name => siblings.TryAdd(name, PathOf(other)));
                }
            }

            return new([.. Parameters(endpoint)], siblings, PathOf(endpoint).StartsWith("/api/", StringComparison.Ordinal));
        }

        /// <summary>Returns why the name is refused, or null. Outside of /api, where scrapers and probes ask, no name is refused.</summary>
        public string? Problem(string name, int count) =>
            !IsOurs ? null
            : count > 1 ? "is there twice"
            : NearName.Find(name, Own) is { } meant ? $"is not a parameter here; the right name is {meant}"
            : NearName.Find(name, Siblings.Keys) is { } sibling ? $"is not a parameter here; GET {Siblings[sibling]} takes {sibling}"
            : null;

        private static IEnumerable<string> Parameters(RouteEndpoint endpoint) =>
            endpoint.Metadata.GetOrderedMetadata<QueryShape>()
                .SelectMany(static shape => shape.Parameters).Select(static parameter => parameter.Name);

        private static string PathOf(RouteEndpoint endpoint) => "/" + endpoint.RoutePattern.RawText?.Trim('/');

        /// <summary>Returns /api and the name of the resource.</summary>
        private static string Resource(RouteEndpoint endpoint) => string.Join('/', PathOf(endpoint).Split('/').Take(3));
    }
}

using Pilothouse.Auth;
using Pilothouse.Configuration;

namespace Pilothouse.Http;

/// <summary>
/// Finds out under which path a proxy serves us: X-Forwarded-Prefix where a proxy of TRUSTED_PROXIES says it, else PATH_BASE. Routes do
/// not have it; redirects, cookies and the OpenAPI document's address do. It makes no difference whether the proxy took it off the path.
/// </summary>
internal sealed class PathPrefix(RequestDelegate next, Settings settings)
{
    private const string Header = "X-Forwarded-Prefix";

    public Task InvokeAsync(HttpContext http)
    {
        var prefix = Told(http) ?? settings.PathBase;
        if (prefix.Length > 0)
        {
            var request = http.Request;
            request.PathBase = prefix;
            if (!UrlPrefix.IsAmbiguous(prefix) && request.Path.StartsWithSegments(prefix, StringComparison.Ordinal, out var rest))
            {
                request.Path = rest.HasValue ? rest : "/";
            }
        }

        return next(http);
    }

    /// <summary>
    /// What the proxy that holds the connection says. Of several values the last one is its own; a malformed one says nothing.
    /// </summary>
    private string? Told(HttpContext http)
    {
        if (http.Request.Headers[Header] is not { Count: > 0 } sent
            || http.Features.Get<Peer>() is not { Address: var peer } || !settings.IsTrustedProxy(peer))
        {
            return null;
        }

        var last = sent[^1]!;
        return UrlPrefix.TryRead(last[(last.LastIndexOf(',') + 1)..].Trim(), out var prefix) ? prefix : null;
    }
}

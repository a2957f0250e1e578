using Pilothouse.Auth;
using Pilothouse.Configuration;

namespace Pilothouse.Http;

/// <summary>
/// Finds the path under which a proxy serves this server: X-Forwarded-Prefix if a proxy of TRUSTED_PROXIES sends it, else PATH_BASE. Routes
/// do not contain that prefix; redirects, cookies and the address in the OpenAPI document do. The proxy may remove the prefix from the path
/// or leave it there.
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
    /// The prefix that the directly connected proxy sent. Of several values, the last one is its own. Null if it sent none or a malformed
    /// one.
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

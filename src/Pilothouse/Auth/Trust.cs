using System.Net;
using Pilothouse.Configuration;

namespace Pilothouse.Auth;

/// <summary>The address that holds the connection, whatever the headers say. It is stored as a feature of the connection.</summary>
internal sealed record Peer(IPAddress Address);

/// <summary>Decides whether a request comes from an address that the owner trusts.</summary>
internal static class Trust
{
    /// <summary>
    /// The headers that proxies add. The X-Original headers are set when the headers of a trusted proxy were applied. A client that sends
    /// one of these itself gains nothing: its request only counts as one that came through a proxy.
    /// </summary>
    private static readonly string[] ProxyHeaders =
    [
        "X-Forwarded-For", "X-Original-For", "X-Forwarded-Proto", "X-Original-Proto", "X-Forwarded-Host", "X-Forwarded-Port", "X-Forwarded-Server", "X-Forwarded-Prefix",
        "X-Real-IP", "X-Client-IP", "True-Client-IP", "CF-Connecting-IP", "Forwarded", "Via",
    ];

    /// <summary>
    /// Whether the request comes from this machine and not through a proxy. A proxy on this machine gives its own address to every request,
    /// and a header that claims a loopback address may be invented by the client.
    /// </summary>
    public static bool IsOfThisMachine(this Settings settings, HttpContext http) =>
        http.Connection.RemoteIpAddress is { } address && settings.IsThisMachine(address) && !CameByProxy(http);

    /// <summary>
    /// Whether the request comes from this machine or from an address in IP_ALLOWLIST. Requests through a proxy count only if
    /// TRUSTED_PROXIES names that proxy; listing the proxy or this machine in IP_ALLOWLIST does not let its clients in.
    /// </summary>
    public static bool IsOwn(this Settings settings, HttpContext http) =>
        http.Connection.RemoteIpAddress is { } address
        && (settings.IsThisMachine(address) ? !CameByProxy(http) : settings.IsListed(address) && (!CameByProxy(http) || CameByTrusted(settings, http)));

    /// <summary>
    /// Whether a trusted proxy holds the connection. Then the request's address is the one that this proxy saw, and no header of the client
    /// can change it.
    /// </summary>
    private static bool CameByTrusted(Settings settings, HttpContext http) => http.Features.Get<Peer>() is { Address: var peer } && settings.IsTrustedProxy(peer);

    private static bool CameByProxy(HttpContext http)
    {
        var headers = http.Request.Headers;
        return Array.Exists(ProxyHeaders, headers.ContainsKey);
    }
}

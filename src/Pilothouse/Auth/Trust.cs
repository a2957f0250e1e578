using System.Net;
using Pilothouse.Configuration;

namespace Pilothouse.Auth;

/// <summary>Who holds the connection, whatever a header says; a feature of it.</summary>
internal sealed record Peer(IPAddress Address);

/// <summary>Whom the owner trusts for where a request comes from.</summary>
internal static class Trust
{
    /// <summary>
    /// What proxies add. The X-Original ones are what is left where a trusted proxy was believed; a client that sends any of these
    /// itself only loses by it.
    /// </summary>
    private static readonly string[] ProxyHeaders =
    [
        "X-Forwarded-For", "X-Original-For", "X-Forwarded-Proto", "X-Original-Proto", "X-Forwarded-Host", "X-Forwarded-Port", "X-Forwarded-Server", "X-Forwarded-Prefix",
        "X-Real-IP", "X-Client-IP", "True-Client-IP", "CF-Connecting-IP", "Forwarded", "Via",
    ];

    /// <summary>
    /// Whether the request is of this machine, with no proxy between. Through a proxy on this machine everybody has its address, and
    /// what a header says of loopback may be the client's own invention.
    /// </summary>
    public static bool IsOfThisMachine(this Settings settings, HttpContext http) =>
        http.Connection.RemoteIpAddress is { } address && settings.IsThisMachine(address) && !CameByProxy(http);

    /// <summary>
    /// Whether the request is of this machine, or of an address that IP_ALLOWLIST names. To name this machine there, or a proxy that
    /// TRUSTED_PROXIES does not name, lets nobody in who comes through it.
    /// </summary>
    public static bool IsOwn(this Settings settings, HttpContext http) =>
        http.Connection.RemoteIpAddress is { } address
        && (settings.IsThisMachine(address) ? !CameByProxy(http) : settings.IsListed(address) && (!CameByProxy(http) || CameByTrusted(settings, http)));

    /// <summary>The address is then the one that a proxy of ours saw, and what headers say besides is the client's own affair.</summary>
    private static bool CameByTrusted(Settings settings, HttpContext http) => http.Features.Get<Peer>() is { Address: var peer } && settings.IsTrustedProxy(peer);

    private static bool CameByProxy(HttpContext http)
    {
        var headers = http.Request.Headers;
        return Array.Exists(ProxyHeaders, headers.ContainsKey);
    }
}

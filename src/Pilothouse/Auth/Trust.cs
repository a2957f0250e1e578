using Pilothouse.Configuration;

namespace Pilothouse.Auth;

/// <summary>Whom the owner trusts for where a request comes from.</summary>
internal static class Trust
{
    /// <summary>
    /// What proxies add. The X-Original ones are what is left where a trusted proxy was believed; a client that sends any of these
    /// itself only loses by it.
    /// </summary>
    private static readonly string[] ProxyHeaders =
        ["X-Forwarded-For", "X-Original-For", "X-Forwarded-Proto", "X-Original-Proto", "X-Forwarded-Host", "X-Real-IP", "Forwarded", "Via"];

    /// <summary>
    /// Whether the request is of this machine, with no proxy between. Through a proxy on this machine everybody has its address, and
    /// what a header says of loopback may be the client's own invention.
    /// </summary>
    public static bool IsOfThisMachine(this Settings settings, HttpContext http) =>
        http.Connection.RemoteIpAddress is { } address && settings.IsThisMachine(address) && !CameByProxy(http);

    /// <summary>
    /// Whether the request is of this machine, or of an address that IP_ALLOWLIST names. To name this machine there changes nothing:
    /// it would let in everybody who comes through a proxy on it.
    /// </summary>
    public static bool IsOwn(this Settings settings, HttpContext http) =>
        http.Connection.RemoteIpAddress is { } address && (settings.IsThisMachine(address) ? !CameByProxy(http) : settings.IsListed(address));

    private static bool CameByProxy(HttpContext http)
    {
        var headers = http.Request.Headers;
        return Array.Exists(ProxyHeaders, headers.ContainsKey);
    }
}

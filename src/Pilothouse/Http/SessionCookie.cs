using System.Globalization;

namespace Pilothouse.Http;

/// <summary>
/// The session's cookie. A browser keeps one cookie of a name for all ports of a host, so two servers on one host would overwrite each
/// other's: the name says which server it belongs to. It carries the port of the address that the client used, or, where that has none
/// (behind a proxy on 80 or 443), the server's own port, and behind it the prefix of the path under which the server is reached.
/// </summary>
internal static class SessionCookie
{
    /// <summary>The name that earlier versions gave it, which is still read.</summary>
    public const string OldName = "pilothouse_session";

    /// <summary>The name of this server's cookie, as this client reaches it.</summary>
    public static string NameFor(HttpContext http)
    {
        var port = http.Request.Host.Port ?? http.Connection.LocalPort;
        var name = string.Create(CultureInfo.InvariantCulture, $"{OldName}_{port}");
        return http.Request.PathBase.Value is { Length: > 0 } prefix ? name + prefix.Replace('/', '_') : name;
    }

    /// <summary>The token in the cookie, null where there is none.</summary>
    public static string? Find(HttpContext http)
    {
        var cookies = http.Request.Cookies;
        return cookies.TryGetValue(NameFor(http), out var token) || cookies.TryGetValue(OldName, out token) ? token : null;
    }

    public static void Set(HttpContext http, string token, TimeSpan lifetime) =>
        http.Response.Cookies.Append(NameFor(http), token, Options(http, lifetime));

    public static void Delete(HttpContext http) => http.Response.Cookies.Delete(NameFor(http), Options(http, null));

    /// <summary>Deletes the one that an earlier version set, which was always for the whole host.</summary>
    public static void DeleteOld(HttpContext http)
    {
        var options = Options(http, null);
        options.Path = "/";
        http.Response.Cookies.Delete(OldName, options);
    }

    private static CookieOptions Options(HttpContext http, TimeSpan? lifetime) => new()
    {
        HttpOnly = true,
        SameSite = SameSiteMode.Lax,
        Secure = http.Request.IsHttps,
        MaxAge = lifetime,
        Path = http.Request.PathBase.HasValue ? http.Request.PathBase.Value : "/",
        IsEssential = true,
    };
}

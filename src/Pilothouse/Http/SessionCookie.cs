using System.Globalization;

namespace Pilothouse.Http;

/// <summary>
/// The session's cookie. A browser shares cookies between all ports of a host, so two servers on one host would overwrite each other's
/// cookie. The name therefore contains the port of the address that the client used (or the server's own port if that address has none, as
/// behind a proxy on 80 or 443), and then the path prefix under which the server is reached.
/// </summary>
internal static class SessionCookie
{
    /// <summary>The cookie's name in earlier versions. A cookie of this name is still read.</summary>
    public const string OldName = "pilothouse_session";

    /// <summary>Returns the name of this server's cookie at the address that this client uses.</summary>
    public static string NameFor(HttpContext http)
    {
        var port = http.Request.Host.Port ?? http.Connection.LocalPort;
        var name = string.Create(CultureInfo.InvariantCulture, $"{OldName}_{port}");
        return http.Request.PathBase.Value is { Length: > 0 } prefix ? name + prefix.Replace('/', '_') : name;
    }

    /// <summary>Returns the token in the cookie; null if there is none.</summary>
    public static string? Find(HttpContext http)
    {
        var cookies = http.Request.Cookies;
        return cookies.TryGetValue(NameFor(http), out var token) || cookies.TryGetValue(OldName, out token) ? token : null;
    }

    public static void Set(HttpContext http, string token, TimeSpan lifetime) =>
        http.Response.Cookies.Append(NameFor(http), token, Options(http, lifetime));

    public static void Delete(HttpContext http) => http.Response.Cookies.Delete(NameFor(http), Options(http, null));

    /// <summary>Deletes the cookie of an earlier version, which was always set for the whole host.</summary>
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

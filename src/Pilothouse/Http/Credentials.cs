using Pilothouse.Auth;
using Pilothouse.Configuration;
using Pilothouse.Contract;
using Pilothouse.Storage;

namespace Pilothouse.Http;

/// <summary>Finds out who calls: an API key, a session's token, a session's cookie, or nobody.</summary>
internal sealed class Credentials(Database database, SessionTokens tokens, ApiKeys keys, RecentCallers recent, Settings settings)
{
    private const string Bearer = "Bearer ";
    private const string KeyIsBad = "The API key that was sent is unknown, was revoked, or has ended: make a new one with `pilothouse key create`.";
    private const string SessionIsBad = "The session that was sent has ended, was logged out, or is not of this server: log in again with POST /api/auth/login.";

    private const string SchemeIsBad = "The Authorization header that was sent is not of the form `Bearer ...`, with a session's token or an API key after the word.";

    /// <summary>
    /// Returns the caller of a request, or <paramref name="anonymous"/> if the request has no credential or none that is valid.
    /// </summary>
    public ValueTask<Caller> FindAsync(HttpContext http, Caller anonymous)
    {
        var headers = http.Request.Headers;
        var authorization = headers.Authorization.ToString();
        if (authorization.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase))
        {
            var credential = authorization[Bearer.Length..].Trim();
            return credential.StartsWith(ApiKeys.Prefix, StringComparison.Ordinal)
                ? ByKeyAsync(http, credential, anonymous)
                : ByTokenAsync(http, credential, byCookie: false, anonymous);
        }

        if (headers.TryGetValue("X-Api-Key", out var key))
        {
            return ByKeyAsync(http, key.ToString(), anonymous);
        }

        if (headers.Cookie.Count > 0 && SessionCookie.Find(http) is { } session)
        {
            return ByTokenAsync(http, session, byCookie: true, anonymous);
        }

        // The header may hold a proxy's own login while a cookie or key of ours comes beside it. On its own it was meant for this server.
        return new(authorization.Length == 0 ? anonymous : anonymous with { Problem = SchemeIsBad });
    }

    /// <summary>
    /// Refuses a write with the session's cookie that comes from a page of another site, as a browser attaches the cookie by itself. A
    /// client that does not say where it comes from (Python's requests.Session, for example) passes.
    /// </summary>
    public void CheckOrigin(HttpContext http, Caller caller)
    {
        if (!caller.ByCookie || !IsWrite(http.Request.Method))
        {
            return;
        }

        if (IsForeign(http.Request))
        {
            throw new Refusal(403, ErrorCodes.CrossSite, "Not allowed",
                "A page of another site may not write with the session's cookie. Add its origin to CORS_ORIGINS, or send the token in the Authorization header.");
        }
    }

    /// <summary>
    /// Refuses a login that a page of another site sends. A browser sends such a request without a preflight, and it would use up the login
    /// attempts of the owner who has that page open.
    /// </summary>
    public void CheckLoginOrigin(HttpContext http)
    {
        if (!settings.CorsOrigins.Contains("*") && IsForeign(http.Request))
        {
            throw new Refusal(403, ErrorCodes.CrossSite, "Not allowed", "A page of another site may not log in here. Add its origin to CORS_ORIGINS.");
        }
    }

    /// <summary>
    /// Refuses a request of the Model Context Protocol that a page of another site sends. The protocol demands this of every server, because
    /// a page could else speak to one on the user's own machine.
    /// </summary>
    public void CheckMcpOrigin(HttpContext http)
    {
        if (!settings.CorsOrigins.Contains("*") && IsForeign(http.Request))
        {
            throw new Refusal(403, ErrorCodes.OriginNotAllowed, "Origin not allowed", "A page of another site may not speak to this server. Add its origin to CORS_ORIGINS.")
            { LogReason = $"Origin: {http.Request.Headers.Origin}" };
        }
    }

    private static bool IsWrite(string method) => !HttpMethods.IsGet(method) && !HttpMethods.IsHead(method) && !HttpMethods.IsOptions(method);

    private bool IsForeign(HttpRequest request)
    {
        var origin = request.Headers.Origin.ToString();
        return origin.Length > 0 ? !IsOurs(request, origin) : request.Headers["Sec-Fetch-Site"].ToString() is "cross-site" or "same-site";
    }

    private bool IsOurs(HttpRequest request, string origin) =>
        origin.Equals($"{request.Scheme}://{request.Host}", StringComparison.OrdinalIgnoreCase)
        || settings.CorsOrigins.Any(allowed => allowed.TrimEnd('/').Equals(origin, StringComparison.OrdinalIgnoreCase));

    private async ValueTask<Caller> ByKeyAsync(HttpContext http, string text, Caller anonymous)
    {
        // A call of the Model Context Protocol may be a read, though it is a POST, and a read has no transaction that looks again.
        if (IsWrite(http.Request.Method) && !Routes.IsMcp(http) && recent.Find(text) is { } known)
        {
            return known;
        }

        return await database.ReadAsync(ReadKind.LookUp, session => keys.FindAsync(session, text), http.RequestAborted) is { } found
            ? recent.Keep(text, found)
            : anonymous with { Problem = KeyIsBad };
    }

    private async ValueTask<Caller> ByTokenAsync(HttpContext http, string text, bool byCookie, Caller anonymous)
    {
        if (await tokens.ReadAsync(text) is not { } token
            || await database.ReadAsync(ReadKind.LookUp, session => CredentialStore.IsRevokedAsync(session, token.Id), http.RequestAborted))
        {
            return anonymous with { Problem = SessionIsBad };
        }

        return Caller.OfSession(token) with { ByCookie = byCookie };
    }
}

using Pilothouse.Auth;
using Pilothouse.Configuration;
using Pilothouse.Contract;
using Pilothouse.Operations;
using Pilothouse.Storage;

namespace Pilothouse.Http;

/// <summary>What the routes of <see cref="SessionEndpoints"/> do.</summary>
internal sealed class SessionHandlers(
    Credentials credentials, LoginBudget budget, PinHash pin, SessionTokens tokens, LimitHeaders limits, Database database, CallerDatabase callers, AuditLog audit,
    LoginMetrics metrics, TimeProvider clock, ILogger<Login> logger)
{
    public async Task LoginAsync(HttpContext http)
    {
        credentials.CheckLoginOrigin(http);
        var (most, left, ends) = await budget.TakeAsync(http);
        if (left < 0)
        {
            metrics.Count(LoginMetrics.Refused);
        }

        limits.Apply(http, new(most, left, ends, " to log in; API keys and open sessions go on meanwhile"));
        var login = InputReader.Parse((await BodyReader.ReadAsync(http, Login.LargestBody)).Span, SessionJson.Default.Login, clock.GetUtcNow(), out var ignored);
        IgnoredNames.Note(http, ignored);
        if (string.IsNullOrEmpty(login.Pin))
        {
            throw new Refusal(400, ErrorCodes.MissingPin, "Missing PIN", "Send {\"pin\": \"......\"} with the six digits of BOT_CONTROL_PIN.");
        }

        if (!PinHash.IsPin(login.Pin) || !await pin.MatchesAsync(login.Pin))
        {
            metrics.Count(LoginMetrics.Wrong);
            LoginLog.Failed(logger, Caller.AddressOf(http.Connection.RemoteIpAddress), left, http.TraceIdentifier);
            throw new Refusal(401, ErrorCodes.InvalidPin, "Invalid PIN", "Check BOT_CONTROL_PIN in .env; after a change the server must be restarted.");
        }

        metrics.Count(LoginMetrics.Right);
        await audit.RecordAsync(database, OperationRoutes.CallOf(http) with { Caller = Caller.WithPin }, AuditedWork.Login, SessionEndpoints.Sessions);
        if (Caller.Of(http) is { ByCookie: true, Session: { } old })
        {
            // The new session takes the place of the browser's old one, which would else live on without anybody who knows of it.
            await database.WriteAsync(session => CredentialStore.RevokeTokenAsync(session, old.Id, old.ExpiresAt));
        }

        var token = tokens.Issue();
        SessionCookie.Set(http, token, tokens.Lifetime);
        await JsonAnswer.WriteAsync(http, new LoggedIn(true, "Authentication successful", token, (int)tokens.Lifetime.TotalSeconds) { Ignored = IgnoredNames.Of(http) }, SessionJson.Default.LoggedIn);
    }

    /// <summary>Gives a new token for a valid session and revokes the old one in the same transaction.</summary>
    public async Task RenewAsync(HttpContext http)
    {
        var caller = Caller.Of(http);
        caller.Require(Scopes.None);
        if (caller.Session is not { } old)
        {
            throw new Refusal(403, ErrorCodes.SessionNeeded, "Not allowed",
                "Only a session can be renewed. An API key lasts until its expires_at; go on with it, or log in with POST /api/auth/login.");
        }

        // If the same token is renewed twice, the second transaction finds it revoked, and the answer is 401.
        var (token, ends) = tokens.Renew(old);
        var call = OperationRoutes.CallOf(http);
        await callers.WriteAsync(caller, async session =>
        {
            await CredentialStore.RevokeTokenAsync(session, old.Id, old.ExpiresAt);
            await audit.RecordAsync(session, call, AuditedWork.RefreshSession, SessionEndpoints.Sessions);
            return true;
        }, http.RequestAborted);
        var left = ends - clock.GetUtcNow();
        SessionCookie.Set(http, token, left);
        await JsonAnswer.WriteAsync(http, new LoggedIn(true, "Session renewed", token, (int)left.TotalSeconds), SessionJson.Default.LoggedIn);
    }

    public async Task LogoutAsync(HttpContext http)
    {
        var caller = Caller.Of(http);
        if (caller.Problem is { } problem)
        {
            // Answering "Logged out" would be wrong: the real token, wherever it is, stays valid.
            throw new Refusal(401, ErrorCodes.AuthenticationRequired, "Authentication required", $"{problem} Nothing was logged out.") { LogReason = problem };
        }

        if (caller.Session is { } session)
        {
            await EndAsync(http, session);
        }

        // A browser that logged in before and after an update of the server sends both cookies. Logging out must end both sessions.
        if (caller.ByCookie && http.Request.Cookies.TryGetValue(SessionCookie.OldName, out var text) && await tokens.ReadAsync(text) is { } old)
        {
            await EndAsync(http, old);
            SessionCookie.DeleteOld(http);
        }

        SessionCookie.Delete(http);
        await JsonAnswer.WriteAsync(http, new LoggedOut(true, "Logged out successfully"), SessionJson.Default.LoggedOut);
    }

    /// <summary>
    /// Revokes the token in a transaction and writes the audit row. The credential is not checked again, because a logout ends only itself.
    /// </summary>
    private Task<bool> EndAsync(HttpContext http, SessionToken token)
    {
        var call = OperationRoutes.CallOf(http);
        return database.WriteAsync(async session =>
        {
            var isEnded = await CredentialStore.RevokeTokenAsync(session, token.Id, token.ExpiresAt) > 0;
            if (isEnded)
            {
                await audit.RecordAsync(session, call, AuditedWork.Logout, SessionEndpoints.Sessions);
            }

            return isEnded;
        });
    }

    public Task Check(HttpContext http)
    {
        var caller = Caller.Of(http);
        int? left = !caller.IsKnown ? 0 : caller.ExpiresAt is { } ends ? (int)(ends - clock.GetUtcNow()).TotalSeconds : null;
        return JsonAnswer.WriteAsync(http, new AuthState(true, caller.IsKnown, left), SessionJson.Default.AuthState);
    }
}

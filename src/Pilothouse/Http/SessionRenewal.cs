using Pilothouse.Auth;
using Pilothouse.Contract;
using Pilothouse.Operations;


namespace Pilothouse.Http;

/// <summary>POST /api/auth/refresh: gives a new token for a valid session and revokes the old one in the same transaction.</summary>
internal static class SessionRenewal
{
    public static async Task AnswerAsync(HttpContext http, CallerDatabase database, SessionTokens tokens, AuditLog audit, TimeProvider clock)
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
        await database.WriteAsync(caller, async session =>
        {
            await CredentialStore.RevokeTokenAsync(session, old.Id, old.ExpiresAt);
            await audit.RecordAsync(session, call, AuditedWork.RefreshSession, SessionEndpoints.Sessions);
            return true;
        }, http.RequestAborted);
        var left = ends - clock.GetUtcNow();
        SessionCookie.Set(http, token, left);
        await JsonAnswer.WriteAsync(http, new LoggedIn(true, "Session renewed", token, (int)left.TotalSeconds), SessionJson.Default.LoggedIn);
    }
}

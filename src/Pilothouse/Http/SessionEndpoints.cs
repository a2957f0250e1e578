using System.Text.Json.Serialization;
using Pilothouse.Auth;
using Pilothouse.Configuration;
using Pilothouse.Contract;
using Pilothouse.Operations;
using Pilothouse.Storage;

namespace Pilothouse.Http;

/// <summary>The body of a login.</summary>
internal sealed record Login : IInput<Login>
{
    /// <summary>The largest body of a login, in bytes. It is small because anybody may send one.</summary>
    public const int LargestBody = 4 * 1024;

    public string? Pin { get; init; }

    public static InputRules<Login> Rules { get; } = new InputRules<Login>().Text("pin", static login => login.Pin);
}

/// <summary>The answer to a login and to a renewal; <c>expires_in</c> in seconds.</summary>
internal sealed record LoggedIn(bool Success, string Message, string Token, int ExpiresIn) : WriteAnswer;

internal sealed record LoggedOut(bool Success, string Message);

/// <summary>Whether the credential is valid, and for how many more seconds: 0 if it is not, null for a key that never ends.</summary>
internal sealed record AuthState(bool Success, bool Authenticated, [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] int? ExpiresIn);

/// <summary>Login with the PIN, renewal, logout, check.</summary>
internal static class SessionEndpoints
{
    /// <summary>The target of a login or logout in the audit log.</summary>
    public static readonly Changed Sessions = new("sessions", null, null, null);

    public static void MapSessions(this IEndpointRouteBuilder routes)
    {
        // Create the counter now, so that its series starts at 0 and not with the first login.
        routes.ServiceProvider.GetRequiredService<LoginMetrics>();
        var auth = routes.MapGroup("/api/auth").WithTags("Authentication").WithMetadata(new HoldsSecret());
        auth.MapPost("/login", LoginAsync).Named("login", "Log in with the PIN")
            .Takes<Login>().Answers<LoggedIn>().Refuses(400, 401, 403, 409, 413, 415, 429, 503, 507).WithMetadata(CallLimit.None).Credential(CredentialUse.None);
        auth.MapPost("/refresh", SessionRenewal.AnswerAsync).Named("refreshSession", "A new token for a session that is still good, at most 12 hours after its login")
            .Answers<LoggedIn>().Refuses(400, 401, 403, 409, 429, 503, 507);
        auth.MapPost("/logout", LogoutAsync).Named("logout", "End this session; an API key stays").Answers<LoggedOut>()
            .Refuses(400, 401, 403, 409, 429, 503, 507).Credential(CredentialUse.Optional);
        auth.MapMethods("/check", Routes.Read, Check).Named("checkCredential", "Whether the credential is good, and for how long")
            .Answers<AuthState>().Refuses(400, 403).WithMetadata(CallLimit.None).Credential(CredentialUse.Optional);
    }

    private static async Task LoginAsync(HttpContext http, Credentials credentials, LoginBudget budget, PinHash pin, SessionTokens tokens, LimitHeaders limits, Database database, AuditLog audit, LoginMetrics metrics, TimeProvider clock, ILogger<Login> logger)
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
        await audit.RecordAsync(database, OperationRoutes.CallOf(http) with { Caller = Caller.WithPin }, AuditedWork.Login, Sessions);
        var token = tokens.Issue();
        SessionCookie.Set(http, token, tokens.Lifetime);
        await JsonAnswer.WriteAsync(http, new LoggedIn(true, "Authentication successful", token, (int)tokens.Lifetime.TotalSeconds) { Ignored = IgnoredNames.Of(http) }, SessionJson.Default.LoggedIn);
    }

    private static async Task LogoutAsync(HttpContext http, Database database, SessionTokens tokens, AuditLog audit)
    {
        var caller = Caller.Of(http);
        if (caller.Problem is { } problem)
        {
            // Answering "Logged out" would be wrong: the real token, wherever it is, stays valid.
            throw new Refusal(401, ErrorCodes.AuthenticationRequired, "Authentication required", $"{problem} Nothing was logged out.") { LogReason = problem };
        }

        if (caller.Session is { } session)
        {
            await EndAsync(http, database, audit, session);
        }

        // A browser that logged in before and after an update of the server sends both cookies. Logging out must end both sessions.
        if (caller.ByCookie && http.Request.Cookies.TryGetValue(SessionCookie.OldName, out var text) && await tokens.ReadAsync(text) is { } old)
        {
            await EndAsync(http, database, audit, old);
            SessionCookie.DeleteOld(http);
        }

        SessionCookie.Delete(http);
        await JsonAnswer.WriteAsync(http, new LoggedOut(true, "Logged out successfully"), SessionJson.Default.LoggedOut);
    }

    /// <summary>
    /// Revokes the token in a transaction and writes the audit row. The credential is not checked again, because a logout ends only itself.
    /// </summary>
    private static Task<bool> EndAsync(HttpContext http, Database database, AuditLog audit, SessionToken token)
    {
        var call = OperationRoutes.CallOf(http);
        return database.WriteAsync(async session =>
        {
            var isEnded = await CredentialStore.RevokeTokenAsync(session, token.Id, token.ExpiresAt) > 0;
            if (isEnded)
            {
                await audit.RecordAsync(session, call, AuditedWork.Logout, Sessions);
            }

            return isEnded;
        });
    }

    private static Task Check(HttpContext http, TimeProvider clock)
    {
        var caller = Caller.Of(http);
        int? left = !caller.IsKnown ? 0 : caller.ExpiresAt is { } ends ? (int)(ends - clock.GetUtcNow()).TotalSeconds : null;
        return JsonAnswer.WriteAsync(http, new AuthState(true, caller.IsKnown, left), SessionJson.Default.AuthState);
    }
}

/// <summary>The log messages about logins.</summary>
internal static partial class LoginLog
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "Login with a wrong PIN from {Client}; {Left} attempts left in its window (request {RequestId})")]
    public static partial void Failed(ILogger logger, string client, int left, string requestId);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    Converters = [typeof(MoneyJson), typeof(NumberJson), typeof(WholeJson), typeof(TextJson), typeof(TimeJson)])]
[JsonSerializable(typeof(Login))]
[JsonSerializable(typeof(LoggedIn))]
[JsonSerializable(typeof(LoggedOut))]
[JsonSerializable(typeof(AuthState))]
internal sealed partial class SessionJson : JsonSerializerContext;

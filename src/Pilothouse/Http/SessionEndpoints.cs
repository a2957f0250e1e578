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
        // The counter of logins is created with the handlers now, so that its series starts at 0 and not with the first login.
        var handlers = ActivatorUtilities.CreateInstance<SessionHandlers>(routes.ServiceProvider);
        var auth = routes.MapGroup("/api/auth").WithTags("Authentication").WithMetadata(new HoldsSecret());
        auth.MapHandler("/login", ["POST"], handlers.LoginAsync).Named("login", "Log in with the PIN")
            .Takes<Login>().Answers<LoggedIn>().Refuses(400, 401, 403, 409, 413, 415, 429, 503, 507).WithMetadata(CallLimit.None).Credential(CredentialUse.None);
        auth.MapHandler("/refresh", ["POST"], handlers.RenewAsync).Named("refreshSession", "A new token for a session that is still good, at most 12 hours after its login")
            .Answers<LoggedIn>().Refuses(400, 401, 403, 409, 429, 503, 507);
        auth.MapHandler("/logout", ["POST"], handlers.LogoutAsync).Named("logout", "End this session; an API key stays").Answers<LoggedOut>()
            .Refuses(400, 401, 403, 409, 429, 503, 507).Credential(CredentialUse.Optional);
        auth.MapHandler("/check", Routes.Read, handlers.Check).Named("checkCredential", "Whether the credential is good, and for how long")
            .Answers<AuthState>().Refuses(400, 403).WithMetadata(CallLimit.None).Credential(CredentialUse.Optional);
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

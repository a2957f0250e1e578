using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Pilothouse.Configuration;

namespace Pilothouse.Auth;

/// <summary>A session's token whose signature, issuer and audience are valid.</summary>
/// <param name="Id">The id of this token. A renewed token has another one.</param>
/// <param name="Session">The id of the session: the id of the token that its login gave.</param>
/// <param name="LoginAt">When the user logged in.</param>
/// <param name="ExpiresAt">When this token ends.</param>
internal sealed record SessionToken(string Id, string Session, DateTimeOffset LoginAt, DateTimeOffset ExpiresAt);

/// <summary>
/// Makes and checks the JSON Web Tokens of sessions: HS256, with a fingerprint of the PIN, so that changing the PIN ends every session. A
/// token whose signature was valid once is remembered as genuine; its end and its revocation are checked at every request.
/// </summary>
internal sealed class SessionTokens
{
    private const string Name = "pilothouse";
    private const string PinClaim = "pin";
    private const string LoginClaim = "auth_time";
    private const string SessionClaim = "sid";

    /// <summary>A claim that programs of the previous server look for. This server does not use it.</summary>
    private const string SeedClaim = "user_id";
    private const int MostRemembered = 10_000;

    /// <summary>Renewals end this long after the login. Then somebody has to enter the PIN again.</summary>
    private static readonly TimeSpan MostInAll = TimeSpan.FromHours(12);

    private readonly JsonWebTokenHandler handler = new() { SetDefaultTimesOnTokenCreation = false, MapInboundClaims = false };
    private readonly ConcurrentDictionary<string, SessionToken> genuine = new();
    private readonly TokenValidationParameters rules;
    private readonly SigningCredentials signing;
    private readonly string pinFingerprint;
    private readonly TimeProvider clock;

    public SessionTokens(Settings settings, TimeProvider clock)
    {
        this.clock = clock;
        Lifetime = TimeSpan.FromMinutes(settings.SessionTimeoutMinutes);
        var secret = Encoding.UTF8.GetBytes(settings.JwtSecret);
        pinFingerprint = Convert.ToHexStringLower(HMACSHA256.HashData(secret, Encoding.UTF8.GetBytes("pin:" + settings.Pin)))[..32];
        signing = new SigningCredentials(new SymmetricSecurityKey(secret), SecurityAlgorithms.HmacSha256);
        rules = new TokenValidationParameters
        {
            ValidIssuer = Name,
            ValidAudience = Name,
            IssuerSigningKey = signing.Key,
            ValidAlgorithms = [SecurityAlgorithms.HmacSha256],
            RequireSignedTokens = true,
            RequireExpirationTime = true,
            ValidateIssuer = true,
            ValidateAudience = true,
            ValidateIssuerSigningKey = true,
            ClockSkew = TimeSpan.Zero,
            LifetimeValidator = (_, expires, _, _) => expires > clock.GetUtcNow().UtcDateTime,
        };
    }

    public TimeSpan Lifetime { get; }

    /// <summary>
    /// Returns a token for a new session, valid for <paramref name="lifetime"/>, or for <see cref="Lifetime"/> if that is null.
    /// </summary>
    public string Issue(TimeSpan? lifetime = null)
    {
        var now = clock.GetUtcNow();
        var id = NewId();
        return Make(id, id, now, now + (lifetime ?? Lifetime));
    }

    /// <summary>
    /// Returns a new token for a running session, valid for as long as that of a login, but not beyond 12 hours after the login. If
    /// SESSION_TIMEOUT_MINUTES is more than 12 hours, the new token ends when the old one would have.
    /// </summary>
    public (string Token, DateTimeOffset ExpiresAt) Renew(SessionToken old)
    {
        var (ends, last) = (clock.GetUtcNow() + Lifetime, old.LoginAt + MostInAll);
        ends = ends < last ? ends : last;
        ends = ends > old.ExpiresAt ? ends : old.ExpiresAt;
        return (Make(NewId(), old.Session, old.LoginAt, ends), ends);
    }

    private static string NewId() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));

    private string Make(string id, string session, DateTimeOffset loginAt, DateTimeOffset ends)
    {
        var now = clock.GetUtcNow().UtcDateTime;
        return handler.CreateToken(new SecurityTokenDescriptor
        {
            Issuer = Name,
            Audience = Name,
            IssuedAt = now,
            NotBefore = now,
            Expires = ends.UtcDateTime,
            SigningCredentials = signing,
            Claims = new Dictionary<string, object>
            {
                [JwtRegisteredClaimNames.Jti] = id,
                [JwtRegisteredClaimNames.Sub] = "pin",
                [SessionClaim] = session,
                [LoginClaim] = loginAt.ToUnixTimeSeconds(),
                [PinClaim] = pinFingerprint,
                [SeedClaim] = "admin",
            },
        });
    }

    /// <summary>Returns the token if it is genuine and has not ended, else null. It does not check whether the token was revoked.</summary>
    public async ValueTask<SessionToken?> ReadAsync(string text)
    {
        if (genuine.TryGetValue(text, out var known))
        {
            return known.ExpiresAt > clock.GetUtcNow() ? known : null;
        }

        var result = await handler.ValidateTokenAsync(text, rules);
        if (!result.IsValid || result.SecurityToken is not JsonWebToken { Id.Length: > 0 } token
            || !token.TryGetPayloadValue<string>(PinClaim, out var fingerprint)
            || !CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(fingerprint), Encoding.UTF8.GetBytes(pinFingerprint)))
        {
            return null;
        }

        var session = new SessionToken(token.Id, SessionOf(token), LoginOf(token), new DateTimeOffset(token.ValidTo, TimeSpan.Zero));
        if (genuine.Count >= MostRemembered)
        {
            genuine.Clear();
        }

        genuine[text] = session;
        return session;
    }

    /// <summary>The session of a token. Tokens of earlier versions name none: each of them came directly from a login.</summary>
    private static string SessionOf(JsonWebToken token) => token.TryGetPayloadValue<string>(SessionClaim, out var session) && session.Length > 0 ? session : token.Id;

    private static DateTimeOffset LoginOf(JsonWebToken token) => token.TryGetPayloadValue<long>(LoginClaim, out var seconds)
        ? DateTimeOffset.FromUnixTimeSeconds(seconds)
        : new DateTimeOffset(DateTime.SpecifyKind(token.IssuedAt, DateTimeKind.Utc));
}

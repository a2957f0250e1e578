using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Pilothouse.Configuration;

namespace Pilothouse.Auth;

/// <summary>A session's token whose signature, issuer and audience were found right.</summary>
internal sealed record SessionToken(string Id, DateTimeOffset ExpiresAt);

/// <summary>
/// Makes and checks the sessions' JSON Web Tokens: HS256, with a fingerprint of the PIN, so that changing the PIN ends every session.
/// A token once found genuine stays so; that much is remembered, its end and its revocation are asked each time.
/// </summary>
internal sealed class SessionTokens
{
    private const string Name = "pilothouse";
    private const string PinClaim = "pin";
    private const int MostRemembered = 10_000;
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

    /// <summary>A new session; shorter than <see cref="Lifetime"/> where that is asked for.</summary>
    public string Issue(TimeSpan? lifetime = null)
    {
        var now = clock.GetUtcNow().UtcDateTime;
        return handler.CreateToken(new SecurityTokenDescriptor
        {
            Issuer = Name,
            Audience = Name,
            IssuedAt = now,
            NotBefore = now,
            Expires = now + (lifetime ?? Lifetime),
            SigningCredentials = signing,
            Claims = new Dictionary<string, object>
            {
                [JwtRegisteredClaimNames.Jti] = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)),
                [JwtRegisteredClaimNames.Sub] = "pin",
                [PinClaim] = pinFingerprint,
            },
        });
    }

    /// <summary>The token if it is genuine and has not ended, else null. Whether it was revoked is another question.</summary>
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

        var session = new SessionToken(token.Id, new DateTimeOffset(token.ValidTo, TimeSpan.Zero));
        if (genuine.Count >= MostRemembered)
        {
            genuine.Clear();
        }

        genuine[text] = session;
        return session;
    }
}

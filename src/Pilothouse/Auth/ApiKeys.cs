using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using Pilothouse.Configuration;
using Pilothouse.Contract;
using Pilothouse.Storage;

namespace Pilothouse.Auth;

/// <summary>
/// API keys for bots and agents: <c>ph_</c> and 32 random bytes in base62. The database stores only their HMAC, made with a key that is
/// derived from JWT_SECRET_KEY. Bots may write to the same database file, and without the secret they can neither make a key of their own
/// nor extend what their key allows.
/// </summary>
internal sealed class ApiKeys(Settings settings, TimeProvider clock)
{
    public const string Prefix = "ph_";
    private const string Alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    /// <summary>The digits of a key in base62: 43 of them can hold 32 bytes, because 62^43 is larger than 2^256.</summary>
    private const int Digits = 43;

    private readonly byte[] hashKey = HKDF.DeriveKey(HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(settings.JwtSecret), 32, info: "pilothouse api keys"u8.ToArray());

    public static readonly Choices ScopeNames = new("read", "write", "control");

    /// <summary>Makes an API key and returns it. The key itself is not stored, so it cannot be shown again.</summary>
    public async ValueTask<(long Id, string Key)> CreateAsync(Session session, string name, IEnumerable<string> scopes, string? botName, DateTimeOffset? expiresAt)
    {
        var key = Prefix + Base62(RandomNumberGenerator.GetBytes(32));
        var sorted = string.Join(',', ScopeNames.All.Intersect(scopes.Select(scope => ScopeNames.Find(scope)!)));
        DateTimeOffset? ends = expiresAt is { } time ? Timestamps.Cut(time) : null;
        var hash = Hash(key);
        return (await CredentialStore.InsertKeyAsync(session, name, hash, sorted, Seal(hash, sorted, botName, ends), botName, clock.GetUtcNow(), ends), key);
    }

    /// <summary>Returns the stored key if it exists, has not ended and was not revoked; else null.</summary>
    public async ValueTask<SealedKey?> FindAsync(Session session, string key)
    {
        if (key.Length != Prefix.Length + Digits)
        {
            return null;
        }

        var hash = Hash(key);
        return await CredentialStore.FindKeyAsync(session, hash) is { Key: var found, Seal: { } seal } row
            && IsSame(seal, Seal(hash, found.Scopes, found.BotName, found.ExpiresAt))
            && (found.ExpiresAt is null || found.ExpiresAt > clock.GetUtcNow()) ? row : null;
    }

    public static Scopes ScopesOf(ApiKey key) => ScopesOf(key.Scopes.Split(','));

    public static Scopes ScopesOf(IEnumerable<string> names) => names.Aggregate(Scopes.None, static (all, name) => all | ScopeNames.Find(name) switch
    {
        "read" => Scopes.Read,
        "write" => Scopes.Write,
        "control" => Scopes.Control,
        _ => Scopes.None,
    });

    public static string NamesOf(Scopes scopes) => scopes.ToString().ToLowerInvariant();

    private static bool IsSame(string one, string other) => CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(one), Encoding.UTF8.GetBytes(other));

    /// <summary>
    /// Returns the HMAC over what the key allows. A bot that writes to the file cannot make it, and so cannot extend its own key.
    /// </summary>
    private string Seal(string hash, string scopes, string? botName, DateTimeOffset? expiresAt) => Convert.ToHexStringLower(HMACSHA256.HashData(hashKey,
        Encoding.UTF8.GetBytes($"{hash}\n{scopes}\n{(expiresAt is { } ends ? Timestamps.ToStored(ends) : "")}\n{botName}")));

    private string Hash(string key) => Convert.ToHexStringLower(HMACSHA256.HashData(hashKey, Encoding.ASCII.GetBytes(key)));

    private static string Base62(byte[] bytes)
    {
        var value = new BigInteger(bytes, isUnsigned: true);
        var text = new char[Digits];
        for (var i = Digits - 1; i >= 0; i--)
        {
            value = BigInteger.DivRem(value, Alphabet.Length, out var digit);
            text[i] = Alphabet[(int)digit];
        }

        return new string(text);
    }
}

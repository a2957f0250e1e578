using System.Collections.Concurrent;
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

    /// <summary>How many rows are remembered as unchanged. No owner has as many keys in use.</summary>
    private const int MostRemembered = 10_000;

    private readonly KeyedHash hmac = new(settings.JwtSecret, "pilothouse api keys");

    /// <summary>
    /// The last row of each hash whose seal was right. A row that is read again and equals it needs no second computation of the seal.
    /// </summary>
    private readonly ConcurrentDictionary<string, SealedKey> unchanged = new();

    public static readonly Choices ScopeNames = new("read", "write", "control");

    /// <summary>Returns 32 random bytes in base62 behind a prefix.</summary>
    public static string NewSecret(string prefix) => prefix + Base62(RandomNumberGenerator.GetBytes(32));

    /// <summary>Makes an API key and returns it. The key itself is not stored, so it cannot be shown again.</summary>
    public async ValueTask<(long Id, string Key)> CreateAsync(Session session, string name, IEnumerable<string> scopes, string? botName, DateTimeOffset? expiresAt, bool isAgent = false)
    {
        var key = NewSecret(Prefix);
        var sorted = string.Join(',', ScopeNames.All.Intersect(scopes.Select(scope => ScopeNames.Find(scope)!)));
        DateTimeOffset? ends = expiresAt is { } time ? Timestamps.Cut(time) : null;
        var hash = Hash(key);
        return (await CredentialStore.InsertKeyAsync(session, name, hash, sorted, Seal(hash, sorted, botName, ends, isAgent), botName, clock.GetUtcNow(), ends, isAgent), key);
    }

    /// <summary>Returns the stored key if it exists, has not ended and was not revoked; else null.</summary>
    public async ValueTask<SealedKey?> FindAsync(Session session, string key)
    {
        if (key.Length != Prefix.Length + Digits)
        {
            return null;
        }

        return Valid(await CredentialStore.FindKeyAsync(session, Hash(key)));
    }

    /// <summary>Returns the stored key with this id and hash if it has not ended and was not revoked; else null.</summary>
    public async ValueTask<SealedKey?> FindAsync(Session session, long id, string hash) => Valid(await CredentialStore.FindKeyAsync(session, id, hash));

    public static Scopes ScopesOf(ApiKey key) => ScopesOf(key.Scopes.Split(','));

    public static Scopes ScopesOf(IEnumerable<string> names) => names.Aggregate(Scopes.None, static (all, name) => all | ScopeNames.Find(name) switch
    {
        "read" => Scopes.Read,
        "write" => Scopes.Write,
        "control" => Scopes.Control,
        _ => Scopes.None,
    });

    public static string NamesOf(Scopes scopes) => scopes.ToString().ToLowerInvariant();

    private SealedKey? Valid(SealedKey? row) => row is not null && IsSealed(row) && (row.Key.ExpiresAt is null || row.Key.ExpiresAt > clock.GetUtcNow()) ? row : null;

    private bool IsSealed(SealedKey row)
    {
        if (unchanged.TryGetValue(row.Hash, out var known) && known == row)
        {
            return true;
        }

        if (row.Seal is not { } seal || !IsSame(seal, Seal(row.Hash, row.Key.Scopes, row.Key.BotName, row.Key.ExpiresAt, row.Key.IsAgent)))
        {
            return false;
        }

        if (unchanged.Count >= MostRemembered)
        {
            unchanged.Clear();
        }

        unchanged[row.Hash] = row;
        return true;
    }

    private static bool IsSame(string one, string other) => CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(one), Encoding.UTF8.GetBytes(other));

    /// <summary>
    /// Returns the HMAC over what the key allows. A bot that writes to the file cannot make it, and so cannot extend its own key. The mark of
    /// an agent stands at the end only where it is set, because keys of earlier versions have none.
    /// </summary>
    private string Seal(string hash, string scopes, string? botName, DateTimeOffset? expiresAt, bool isAgent) => hmac.Hex(
        Encoding.UTF8.GetBytes($"{hash}\n{scopes}\n{(expiresAt is { } ends ? Timestamps.ToStored(ends) : "")}\n{botName}{(isAgent ? "\nagent" : "")}"));

    private string Hash(string key) => hmac.Hex(Encoding.ASCII.GetBytes(key));

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

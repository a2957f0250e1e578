using Pilothouse.Storage;

namespace Pilothouse.Auth;

/// <summary>One API key as it is stored, without its hash.</summary>
internal sealed record ApiKey(long Id, string Name, string Scopes, string? BotName, DateTimeOffset? CreatedAt, DateTimeOffset? ExpiresAt, DateTimeOffset? RevokedAt)
{
    /// <summary>Whether an AI agent holds it, so that CONSENT_FOR applies to its calls.</summary>
    public bool IsAgent { get; init; }
}

/// <summary>An API key, the hash by which it is found, and the HMAC over what it allows.</summary>
internal sealed record SealedKey(ApiKey Key, string Hash, string? Seal)
{
    /// <summary>
    /// Whether the same row, read again <paramref name="later"/>, still allows the same. False if it is null, as the row is gone then.
    /// </summary>
    public bool AllowsAs(SealedKey? later) => later is not null && later.Hash == Hash && later.Seal == Seal
        && later.Key.Scopes == Key.Scopes && later.Key.BotName == Key.BotName && later.Key.ExpiresAt == Key.ExpiresAt && later.Key.IsAgent == Key.IsAgent;
}

/// <summary>The tables behind credentials: api_keys, revoked_tokens, login_budgets.</summary>
internal static class CredentialStore
{
    private const string KeyColumns = "id, name, scopes, bot_name, created_at, expires_at, revoked_at, agent";

    private static readonly Sql FindKey = new($"SELECT {KeyColumns}, seal FROM api_keys WHERE key_hash = @hash AND revoked_at IS NULL");
    private static readonly Sql FindKeyById = new($"SELECT {KeyColumns}, seal FROM api_keys WHERE id = @id AND key_hash = @hash AND revoked_at IS NULL");
    private static readonly Sql ListKeys = new($"SELECT {KeyColumns} FROM api_keys ORDER BY id DESC LIMIT 1000");
    private static readonly Sql InsertKey = new("""
        INSERT INTO api_keys(name, key_hash, scopes, seal, bot_name, created_at, expires_at, agent)
        VALUES (@name, @hash, @scopes, @seal, @bot_name, @now, @expires_at, @agent) RETURNING id
        """);
    private static readonly Sql RevokeKey = new("UPDATE api_keys SET revoked_at = coalesce(revoked_at, @now), key_hash = 'revoked:' || id WHERE id = @id");
    private static readonly Sql KeyOfId = new($"SELECT {KeyColumns} FROM api_keys WHERE id = @id");
    private static readonly Sql FindRevoked = new("SELECT 1 FROM revoked_tokens WHERE jti = @jti");
    private static readonly Sql InsertRevoked = new("""
        INSERT INTO revoked_tokens(jti, expires_at) VALUES (@jti, @expires_at) ON CONFLICT (jti) DO NOTHING
        """);
    private static readonly Sql PurgeRevoked = new("DELETE FROM revoked_tokens WHERE expires_at < @now");
    private static readonly Sql FindBudget = new("SELECT attempts, window_ends FROM login_budgets WHERE client = @client AND window_ends > @now");
    private static readonly Sql CountAttempt = new("""
        INSERT INTO login_budgets(client, window_ends, attempts) VALUES (@client, @ends, 1)
        ON CONFLICT (client) DO UPDATE SET
          attempts = CASE WHEN login_budgets.window_ends > @now THEN login_budgets.attempts + 1 ELSE 1 END,
          window_ends = CASE WHEN login_budgets.window_ends > @now THEN login_budgets.window_ends ELSE excluded.window_ends END
        """);
    private static readonly Sql CutBudget = new("UPDATE login_budgets SET window_ends = @ends WHERE client = @client");
    private static readonly Sql PurgeBudgets = new("DELETE FROM login_budgets WHERE window_ends < @now");

    /// <summary>Returns the key if it is not revoked. Any value in revoked_at revokes it, even one that is not a valid time.</summary>
    public static ValueTask<SealedKey?> FindKeyAsync(Session session, string hash) =>
        session.Prepare(FindKey).Set("hash", hash).FirstAsync(row => new SealedKey(ReadKey(row), hash, row.Text(8)));

    /// <summary>Returns the key with this id and hash if it is not revoked.</summary>
    public static ValueTask<SealedKey?> FindKeyAsync(Session session, long id, string hash) =>
        session.Prepare(FindKeyById).Set("id", id).Set("hash", hash).FirstAsync(row => new SealedKey(ReadKey(row), hash, row.Text(8)));

    /// <summary>Returns a key by its id, revoked or not; null if there is none.</summary>
    public static ValueTask<ApiKey?> FindKeyAsync(Session session, long id) => session.Prepare(KeyOfId).Set("id", id).FirstAsync(ReadKey);

    public static ValueTask<List<ApiKey>> ListKeysAsync(Session session) => session.Prepare(ListKeys).ListAsync(ReadKey);

    public static ValueTask<long> InsertKeyAsync(Session session, string name, string hash, string scopes, string seal, string? botName, DateTimeOffset now, DateTimeOffset? expiresAt, bool isAgent) =>
        session.Prepare(InsertKey).Set("name", name).Set("hash", hash).Set("scopes", scopes).Set("seal", seal).Set("bot_name", botName)
            .Set("now", (DateTimeOffset?)now).Set("expires_at", expiresAt).Set("agent", isAgent ? 1L : null).InsertAsync();

    /// <summary>Revokes a key for good: its hash is removed too, so that clearing revoked_at cannot bring it back.</summary>
    /// <returns>False if there is no key with this id.</returns>
    public static async ValueTask<bool> RevokeKeyAsync(Session session, long id, DateTimeOffset now)
    {
        if (await FindKeyAsync(session, id) is null)
        {
            return false;
        }

        await session.Prepare(RevokeKey).Set("now", (DateTimeOffset?)now).Set("id", id).ChangeAsync();
        CheckedCredentials.Forget(session);
        return true;
    }

    public static ValueTask<bool> IsRevokedAsync(Session session, string tokenId) => session.Prepare(FindRevoked).Set("jti", tokenId).AnyAsync();

    /// <returns>1 if the token was revoked now, 0 if it was revoked before.</returns>
    public static async ValueTask<int> RevokeTokenAsync(Session session, string tokenId, DateTimeOffset expiresAt)
    {
        if (await IsRevokedAsync(session, tokenId))
        {
            return 0;
        }

        CheckedCredentials.Forget(session);
        return await session.Prepare(InsertRevoked).Set("jti", tokenId).Set("expires_at", (DateTimeOffset?)expiresAt).ChangeAsync();
    }

    /// <summary>Returns the attempts in the client's running window and its end; 0 attempts if no window is running.</summary>
    public static ValueTask<(int Attempts, DateTimeOffset Ends)> FindBudgetAsync(Session session, string client, DateTimeOffset now) =>
        session.Prepare(FindBudget).Set("client", client).Set("now", (DateTimeOffset?)now)
            .FirstAsync(static row => ((int)row.Id(0), row.Time(1) ?? default));

    public static ValueTask<int> CountAttemptAsync(Session session, string client, DateTimeOffset now, DateTimeOffset ends) =>
        session.Prepare(CountAttempt).Set("client", client).Set("ends", (DateTimeOffset?)ends).Set("now", (DateTimeOffset?)now).ChangeAsync();

    /// <summary>Sets an earlier end of a client's window.</summary>
    public static ValueTask<int> CutBudgetAsync(Session session, string client, DateTimeOffset ends) =>
        session.Prepare(CutBudget).Set("client", client).Set("ends", (DateTimeOffset?)ends).ChangeAsync();

    /// <summary>Deletes expired rows and returns how many.</summary>
    public static async ValueTask<int> PurgeAsync(Session session, DateTimeOffset now) =>
        await session.Prepare(PurgeRevoked).Set("now", (DateTimeOffset?)now).ExecuteAsync()
        + await session.Prepare(PurgeBudgets).Set("now", (DateTimeOffset?)now).ExecuteAsync();

    private static ApiKey ReadKey(Row row) => new(row.Id(0), row.Text(1) ?? "", row.Text(2) ?? "", row.Text(3), row.Time(4), row.Time(5), row.Time(6)) { IsAgent = row.Whole(7) == 1 };
}

using Pilothouse.Storage;

namespace Pilothouse.Backups;

/// <summary>
/// Carries revocations over to a restored backup. The backup does not know which API keys, sessions and webhooks were revoked after it was
/// made, and would make them valid again.
/// </summary>
internal static class Revocations
{
    private static readonly Sql EndedKeys = new("SELECT id, created_at, revoked_at FROM api_keys WHERE revoked_at IS NOT NULL");

    private static readonly Sql EndedSessions = new("SELECT jti, expires_at, NULL FROM revoked_tokens");

    private static readonly Sql EndedWebhooks = new("SELECT id, created_at, revoked_at FROM webhooks WHERE revoked_at IS NOT NULL");

    private static readonly Sql EndWebhook = new("""
        UPDATE webhooks SET revoked_at = @revoked, secret_hash = 'revoked:' || id WHERE id = @id AND created_at = @made AND revoked_at IS NULL
        """);

    private static readonly Sql EndKey = new("""
        UPDATE api_keys SET revoked_at = @revoked, key_hash = 'revoked:' || id WHERE id = @id AND created_at = @made AND revoked_at IS NULL
        """);

    private static readonly Sql EndSession = new("INSERT INTO revoked_tokens(jti, expires_at) VALUES (@id, @made) ON CONFLICT (jti) DO NOTHING");

    /// <summary>Revokes in <paramref name="to"/> what is revoked in <paramref name="from"/>.</summary>
    /// <returns>How many keys, sessions and webhooks; null if the old file cannot be read.</returns>
    public static async Task<int?> CarryAsync(string from, string to)
    {
        List<Ended> keys;
        List<Ended> sessions;
        List<Ended> webhooks;
        try
        {
            if (!File.Exists(from))
            {
                return null;
            }

            using var old = FileSession.Open(from, OpenFor.Inspect);
            keys = await old.Prepare(EndedKeys).ListAsync(Read);
            sessions = await old.Prepare(EndedSessions).ListAsync(Read);
            webhooks = old.HasTable("webhooks") ? await old.Prepare(EndedWebhooks).ListAsync(Read) : [];
        }
        catch (Exception error) when (error is EngineException or DatabaseRefusedException)
        {
            return null;
        }

        using var restored = FileSession.Open(to, OpenFor.Copy);
        if (!restored.HasTable("api_keys") || !restored.HasTable("revoked_tokens"))
        {
            // The backup is older than API keys. Its migration will create both tables empty, so no old key is valid.
            return 0;
        }

        var ended = 0;
        restored.Execute("BEGIN IMMEDIATE");
        foreach (var key in keys)
        {
            ended += await restored.Prepare(EndKey).Set("revoked", key.Revoked).Set("id", key.Id).Set("made", key.Made).ExecuteAsync();
        }

        foreach (var session in sessions)
        {
            ended += await restored.Prepare(EndSession).Set("id", session.Id).Set("made", session.Made).ExecuteAsync();
        }

        foreach (var hook in restored.HasTable("webhooks") ? webhooks : [])
        {
            ended += await restored.Prepare(EndWebhook).Set("revoked", hook.Revoked).Set("id", hook.Id).Set("made", hook.Made).ExecuteAsync();
        }

        restored.Execute("COMMIT");
        return ended;
    }

    private static Ended Read(Row row) => new(row.Text(0), row.Text(1), row.Text(2));

    private readonly record struct Ended(string? Id, string? Made, string? Revoked);
}

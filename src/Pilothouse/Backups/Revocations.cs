using Pilothouse.Storage;

namespace Pilothouse.Backups;

/// <summary>
/// A backup knows nothing of the API keys and sessions that were ended since: restored as it is, it would open a door that the owner
/// has shut.
/// </summary>
internal static class Revocations
{
    private static readonly Sql EndedKeys = new("SELECT id, created_at, revoked_at FROM api_keys WHERE revoked_at IS NOT NULL");

    private static readonly Sql EndedSessions = new("SELECT jti, expires_at, NULL FROM revoked_tokens");

    private static readonly Sql EndKey = new("""
        UPDATE api_keys SET revoked_at = @revoked, key_hash = 'revoked:' || id WHERE id = @id AND created_at = @made AND revoked_at IS NULL
        """);

    private static readonly Sql EndSession = new("INSERT INTO revoked_tokens(jti, expires_at) VALUES (@id, @made) ON CONFLICT (jti) DO NOTHING");

    /// <summary>Ends in <paramref name="to"/> what is ended in <paramref name="from"/>.</summary>
    /// <returns>How many keys and sessions; null where the old file cannot tell.</returns>
    public static async Task<int?> CarryAsync(string from, string to)
    {
        List<Ended> keys;
        List<Ended> sessions;
        try
        {
            if (!File.Exists(from))
            {
                return null;
            }

            using var old = FileSession.Open(from, OpenFor.Inspect);
            keys = await old.Prepare(EndedKeys).ListAsync(Read);
            sessions = await old.Prepare(EndedSessions).ListAsync(Read);
        }
        catch (Exception error) when (error is EngineException or DatabaseRefusedException)
        {
            return null;
        }

        using var restored = FileSession.Open(to, OpenFor.Copy);
        if (!restored.HasTable("api_keys") || !restored.HasTable("revoked_tokens"))
        {
            // From before there were any; its migration makes both tables empty, so nobody gets in by an old key.
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

        restored.Execute("COMMIT");
        return ended;
    }

    private static Ended Read(Row row) => new(row.Text(0), row.Text(1), row.Text(2));

    private readonly record struct Ended(string? Id, string? Made, string? Revoked);
}

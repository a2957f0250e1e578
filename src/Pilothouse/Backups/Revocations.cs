using Pilothouse.Storage.Sqlite;

namespace Pilothouse.Backups;

/// <summary>
/// A backup knows nothing of the API keys and sessions that were ended since: restored as it is, it would open a door that the owner
/// has shut.
/// </summary>
internal static class Revocations
{
    /// <summary>Ends in <paramref name="to"/> what is ended in <paramref name="from"/>.</summary>
    /// <returns>How many keys and sessions; null where the old file cannot tell.</returns>
    public static int? Carry(string from, string to)
    {
        List<(string? Id, string? Made, string? Revoked)> keys;
        List<(string? Id, string? Made, string? Revoked)> sessions;
        try
        {
            if (!File.Exists(from))
            {
                return null;
            }

            using var old = new SqliteConnection(from, SqliteUse.Inspect);
            keys = Read(old, "SELECT id, created_at, revoked_at FROM api_keys WHERE revoked_at IS NOT NULL");
            sessions = Read(old, "SELECT jti, expires_at, NULL FROM revoked_tokens");
        }
        catch (Exception error) when (error is SqliteException or Storage.DatabaseRefusedException)
        {
            return null;
        }

        using var restored = new SqliteConnection(to, SqliteUse.Copy);
        if (restored.Scalar("SELECT count(*) FROM sqlite_schema WHERE name IN ('api_keys', 'revoked_tokens')") != "2")
        {
            // From before there were any; its migration makes both tables empty, so nobody gets in by an old key.
            return 0;
        }

        var ended = 0;
        restored.Execute("BEGIN IMMEDIATE");
        foreach (var (id, made, revoked) in keys)
        {
            ended += Change(restored, "UPDATE api_keys SET revoked_at = @revoked, key_hash = 'revoked:' || id WHERE id = @id AND created_at = @made AND revoked_at IS NULL", id, made, revoked);
        }

        foreach (var (id, ends, _) in sessions)
        {
            ended += Change(restored, "INSERT INTO revoked_tokens(jti, expires_at) VALUES (@id, @made) ON CONFLICT (jti) DO NOTHING", id, ends, null);
        }

        restored.Execute("COMMIT");
        return ended;
    }

    private static List<(string? Id, string? Made, string? Revoked)> Read(SqliteConnection connection, string sql)
    {
        var rows = new List<(string?, string?, string?)>();
        using var statement = new SqliteStatement(connection, sql);
        while (statement.Step())
        {
            rows.Add((statement.Row.Text(0), statement.Row.Text(1), statement.Row.Text(2)));
        }

        return rows;
    }

    private static int Change(SqliteConnection connection, string sql, string? id, string? made, string? revoked)
    {
        using var statement = new SqliteStatement(connection, sql);
        statement.Set("id", id).Set("made", made);
        if (revoked is not null)
        {
            statement.Set("revoked", revoked);
        }

        statement.Run();
        return SQLitePCL.raw.sqlite3_changes(connection.Handle);
    }
}

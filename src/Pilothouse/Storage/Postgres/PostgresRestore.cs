using System.Globalization;
using Npgsql;

namespace Pilothouse.Storage.Postgres;

/// <summary>
/// Puts a copy in the place of a PostgreSQL database, in one transaction: the schema with today's tables gets another name, and the copy's
/// tables get theirs. If it is interrupted at any step, nothing has changed.
/// </summary>
internal sealed class PostgresRestore(PostgresAddress address)
{
    /// <summary>
    /// The backup does not know which API keys, sessions and webhooks were revoked after it was made, and would make them valid again. {0} is the
    /// schema with the tables of before.
    /// </summary>
    private const string CarryRevocations = """
        UPDATE api_keys AS restored SET revoked_at = old.revoked_at, key_hash = 'revoked:' || restored.id
          FROM {0}.api_keys AS old
          WHERE old.revoked_at IS NOT NULL AND restored.id = old.id AND restored.created_at = old.created_at AND restored.revoked_at IS NULL;
        INSERT INTO revoked_tokens(jti, expires_at) SELECT jti, expires_at FROM {0}.revoked_tokens ON CONFLICT (jti) DO NOTHING;
        DO $$ BEGIN
          IF to_regclass('{0}.webhooks') IS NOT NULL AND to_regclass('webhooks') IS NOT NULL THEN
            UPDATE webhooks AS restored SET revoked_at = old.revoked_at, secret_hash = 'revoked:' || restored.id
              FROM {0}.webhooks AS old
              WHERE old.revoked_at IS NOT NULL AND restored.id = old.id AND restored.created_at = old.created_at AND restored.revoked_at IS NULL;
          END IF;
        END $$;
        """;

    private const string Others = """
        SELECT coalesce(nullif(application_name, ''), 'a program without a name') || ' (role ' || usename || coalesce(', from ' || host(client_addr), '')
            || ', pid ' || pid || ')'
          FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND usesysid IS NOT NULL ORDER BY pid
        """;

    /// <summary>Throws if another program is connected to the database: what it wrote during the restore would be set aside with the rest.</summary>
    /// <exception cref="DatabaseRefusedException">One is. The message names it.</exception>
    public void RefuseIfUsed() => address.Run(connection =>
    {
        if (connection.Column(Others) is { Count: > 0 } others)
        {
            throw new DatabaseRefusedException($"{address} is in use by {string.Join("; ", others.Take(5))}. Stop each server on it (./start_mcp_server.sh stop) and the other programs, and run this again.");
        }
    });

    /// <summary>Restores a copy that was checked.</summary>
    /// <param name="copy">The file.</param>
    /// <param name="stamp">A part of the name that the schema of before gets, such as 20261126_140000.</param>
    /// <param name="cancel">Ends it; nothing has changed then.</param>
    /// <returns>The name of the schema with the tables of before, null if there were none; and how many keys, sessions and webhooks stay revoked.</returns>
    /// <exception cref="DatabaseRefusedException">It could not be restored. Nothing has changed.</exception>
    public (string? Aside, long? Revocations) Restore(string copy, string stamp, CancellationToken cancel)
    {
        address.DemandSessions();
        RefuseIfUsed();
        var schema = PostgresCopies.Read(copy, cancel).Schema;
        var (aside, hasKeys) = address.Run(connection => (NameFor(connection, schema, stamp), connection.HasTable($"{PostgresCopies.Quote(schema)}.api_keys")));
        var before = address.Run(connection => Ended(connection, schema, hasKeys));
        PostgresTools.Run("psql", address.Run(address.Of), ["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--output=/dev/null", "--file=-"], cancel, script => Write(script, copy, schema, aside, hasKeys, cancel));
        return (aside, aside is null || !hasKeys ? null : before);
    }

    private static void Write(TextWriter script, string copy, string schema, string? aside, bool hasKeys, CancellationToken cancel)
    {
        script.WriteLine("BEGIN;");
        script.WriteLine("SET LOCAL lock_timeout = '10s';");
        script.WriteLine(string.Create(CultureInfo.InvariantCulture, $"SELECT pg_advisory_xact_lock({PostgresMigrator.LockNumber});"));
        if (aside is not null)
        {
            script.WriteLine($"ALTER SCHEMA {PostgresCopies.Quote(schema)} RENAME TO {PostgresCopies.Quote(aside)};");
            script.WriteLine($"CREATE SCHEMA {PostgresCopies.Quote(schema)};");
            script.WriteLine(schema == "public" ? "GRANT USAGE ON SCHEMA public TO PUBLIC;" : "");
        }
        else
        {
            script.WriteLine($"CREATE SCHEMA IF NOT EXISTS {PostgresCopies.Quote(schema)};");
        }

        PostgresTools.Run("pg_restore", null, ["--no-owner", "--no-privileges", $"--schema={schema}", "--file=-", copy], cancel, line: script.WriteLine);
        script.WriteLine($"SET LOCAL search_path TO {PostgresCopies.Quote(schema)};");
        if (aside is not null && hasKeys)
        {
            script.WriteLine(CarryRevocations.Replace("{0}", PostgresCopies.Quote(aside), StringComparison.Ordinal));
        }

        script.WriteLine("COMMIT;");

        // Without statistics PostgreSQL would choose bad plans until autovacuum comes by.
        script.WriteLine("ANALYZE;");
    }

    private static long Ended(NpgsqlConnection connection, string schema, bool hasKeys)
    {
        var name = PostgresCopies.Quote(schema);
        var webhooks = hasKeys && connection.HasTable($"{name}.webhooks") ? connection.Number($"SELECT count(*) FROM {name}.webhooks WHERE revoked_at IS NOT NULL") : 0;
        return hasKeys
            ? connection.Number($"SELECT (SELECT count(*) FROM {name}.api_keys WHERE revoked_at IS NOT NULL) + (SELECT count(*) FROM {name}.revoked_tokens)") + webhooks
            : 0;
    }

    /// <summary>Returns a free name for the schema of today's tables; null if there is none or it is empty.</summary>
    private static string? NameFor(NpgsqlConnection connection, string schema, string stamp)
    {
        if (connection.Number($"SELECT count(*) FROM pg_class WHERE relnamespace = to_regnamespace('{PostgresCopies.Quote(schema).Replace("'", "''", StringComparison.Ordinal)}')") == 0)
        {
            return null;
        }

        var name = $"before_restore_{stamp}";
        for (var more = 2; connection.Text($"SELECT to_regnamespace('{name}')::text") is not null; more++)
        {
            name = string.Create(CultureInfo.InvariantCulture, $"before_restore_{stamp}_{more}");
        }

        return name;
    }
}

using System.Globalization;
using Npgsql;

namespace Pilothouse.Storage.Postgres;

/// <summary>Looks at a PostgreSQL server for settings with which acknowledged writes can be lost, and for what an owner should know.</summary>
internal static class PostgresExamination
{
    private const int OldestMajor = 15;
    private static readonly string[] MustBeOn = ["fsync", "full_page_writes", "synchronous_commit"];

    /// <summary>Returns the findings.</summary>
    /// <exception cref="DatabaseRefusedException">The server cannot be reached.</exception>
    public static IReadOnlyList<EngineFinding> Run(PostgresAddress address) =>
        address.Run(static connection => (EngineFinding[])[Version(connection), .. Durability(connection), Replication(connection), Checksums(connection), Encryption(connection), Role(connection)]);

    /// <summary>Returns the size of the database in bytes.</summary>
    public static long SizeOf(PostgresAddress address) => address.Run(static connection => connection.Number("SELECT pg_database_size(current_database())"));

    private static EngineFinding Version(NpgsqlConnection connection)
    {
        var version = connection.PostgreSqlVersion;
        return version.Major < OldestMajor
            ? new("postgresql", EngineGravity.Grave, $"It is PostgreSQL {version}; this program is tried with {OldestMajor} and newer.", $"Upgrade it to {OldestMajor} or newer.")
            : new("postgresql", EngineGravity.Well, $"PostgreSQL {version}.");
    }

    /// <summary>The settings without which a commit may be lost or a page torn when the machine fails.</summary>
    private static IEnumerable<EngineFinding> Durability(NpgsqlConnection connection)
    {
        string[] off = [.. MustBeOn.Where(name => connection.Text($"SHOW {name}") == "off")];
        yield return off.Length > 0
            ? new("durability", EngineGravity.Grave, $"{string.Join(" and ", off)} {(off.Length == 1 ? "is" : "are")} off: a power cut loses acknowledged writes or the whole database.", $"Set {string.Join(" and ", off.Select(static name => $"{name} = on"))} in postgresql.conf and restart it.")
            : new("durability", EngineGravity.Well, "A commit is answered when it is on the disk.");
    }

    private static EngineFinding Replication(NpgsqlConnection connection)
    {
        var names = connection.Text("SHOW synchronous_standby_names") ?? "";
        var standbys = connection.Number("SELECT count(*) FROM pg_stat_replication");
        return names.Length == 0
                ? new("replication", EngineGravity.Doubtful, string.Create(CultureInfo.InvariantCulture, $"No standby must confirm a commit ({standbys} standbys follow): what was acknowledged last is lost with the primary's disk."), "Set up two synchronous standbys (docs/operations.md, PostgreSQL).")
            : standbys == 0
                ? new("replication", EngineGravity.Grave, $"Commits wait for a standby ({names}), and none follows: writes hang.", "Start the standbys, or take them out of synchronous_standby_names.")
            : standbys == 1
                ? new("replication", EngineGravity.Doubtful, $"One standby follows ({names}): when it is gone, writes hang.", "Add a second standby, and name both in synchronous_standby_names (ANY 1).")
            : new("replication", EngineGravity.Well, string.Create(CultureInfo.InvariantCulture, $"{standbys} standbys follow; commits wait for {names}."));
    }

    private static EngineFinding Checksums(NpgsqlConnection connection) => connection.Text("SHOW data_checksums") == "on"
        ? new("checksums", EngineGravity.Well, "Each page has a checksum, which the nightly check reads.")
        : new("checksums", EngineGravity.Doubtful, "The pages have no checksums: damage by a disk is not found.", "Stop PostgreSQL and run pg_checksums --enable.");

    private static EngineFinding Encryption(NpgsqlConnection connection) =>
        connection.Text("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()") == "True" || connection.Text("SELECT coalesce(host(inet_server_addr()), '127.0.0.1')") is { } host && (host.StartsWith("127.", StringComparison.Ordinal) || host == "::1")
            ? new("database-tls", EngineGravity.Well, "The connection to the database is encrypted, or stays on this machine.")
            : new("database-tls", EngineGravity.Doubtful, "The connection to the database is not encrypted: who reads the network reads every trade.", "Add sslmode=verify-full to DATABASE_URL.");

    private static EngineFinding Role(NpgsqlConnection connection) => connection.Text("SELECT rolsuper FROM pg_roles WHERE rolname = current_user") == "True"
        ? new("database-role", EngineGravity.Doubtful, "The role of DATABASE_URL is a superuser: who has its password has the whole PostgreSQL server.", "Give it a role of its own that owns this database only.")
        : new("database-role", EngineGravity.Well, "The role of DATABASE_URL is no superuser.");
}

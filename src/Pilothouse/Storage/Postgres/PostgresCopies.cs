using System.Globalization;
using Npgsql;
using Pilothouse.Storage.Files;

namespace Pilothouse.Storage.Postgres;

/// <summary>Copies of a PostgreSQL database in the custom format of pg_dump, not compressed.</summary>
/// <param name="address">The database; null if there is none, in which case copies can be read, but not made.</param>
internal sealed class PostgresCopies(PostgresAddress? address) : DatabaseCopies
{
    /// <summary>Asks for the names of the tables in the schema of the connection.</summary>
    public const string OurTables = "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' ORDER BY table_name";
    private const string TablesSize = "SELECT coalesce(sum(pg_table_size(oid)), 0)::bigint FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'";
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(200);

    public override string Ending => OfServer;

    public override string Engine => "postgresql";

    public override string Version => Source.Run(static connection => connection.PostgreSqlVersion.ToString());

    private PostgresAddress SourceWithSessions
    {
        get
        {
            Source.DemandSessions();
            return Source;
        }
    }

    private PostgresAddress Source => address ?? throw new DatabaseRefusedException("DATABASE_URL is not set, so there is no database of which a copy could be made.");

    public override DatabaseFacts Copy(string target, IProgress<double>? progress, CancellationToken cancel) => SourceWithSessions.Run(connection =>
    {
        PostgresTools.DemandVersion("pg_dump", connection.PostgreSqlVersion.Major);
        using var transaction = connection.BeginTransaction(System.Data.IsolationLevel.RepeatableRead);
        var facts = FactsOf(connection, cancel);
        var snapshot = connection.Text("SELECT pg_export_snapshot()")!;
        var size = Math.Max(1, connection.Number(TablesSize));
        using (new Timer(_ => progress?.Report(Math.Min(0.99, (double)new FileInfo(target).Length / size)), null, LookEvery, LookEvery))
        {
            string[] arguments = ["--format=custom", "--compress=0", "--no-owner", "--no-privileges", $"--schema={Quote(connection.Text("SELECT current_schema()")!)}", $"--snapshot={snapshot}", "--file", target];
            PostgresTools.Run("pg_dump", Source.Of(connection), arguments, cancel);
        }

        progress?.Report(1);
        return facts;
    });

    /// <summary>
    /// Restores the copy into a database that is made for it and removed afterwards. If the role may not make one, the copy is read and its
    /// rows are counted.
    /// </summary>
    public override CheckedCopy Check(string copy, CancellationToken cancel)
    {
        address?.DemandSessions();
        var content = Read(copy, cancel);
        if (address is null)
        {
            return new(content.Facts, "It was read completely, but not restored for a trial, because DATABASE_URL is not set.");
        }

        if (!address.Run(static connection => connection.Text("SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user") == "True"))
        {
            return new(content.Facts, "It was read completely, but not restored for a trial, because the role of DATABASE_URL may not make a database (ALTER ROLE ... CREATEDB).");
        }

        using var scratch = ScratchDatabase.Make(address.Run(address.Of));
        RestoreInto(scratch.Address, copy, content.Schema, cancel);
        var facts = scratch.Address.Run(connection =>
        {
            connection.Do($"SET search_path TO {Quote(content.Schema)}");
            return FactsOf(connection, cancel);
        });
        return facts.DifferenceTo(content.Facts) is { } difference ? throw new DamagedCopyException($"after a trial restore {difference}") : new(facts, null);
    }

    /// <summary>Reads a copy completely.</summary>
    public static DumpContent Read(string copy, CancellationToken cancel)
    {
        var content = new DumpContent();
        try
        {
            PostgresTools.Run("pg_restore", null, ["--data-only", "--file=-", copy], cancel, line: content.Take);
        }
        catch (DatabaseRefusedException refused) when (!refused.Message.Contains("not installed", StringComparison.Ordinal))
        {
            throw new DamagedCopyException(refused.Message);
        }

        PostgresMigrator.RefuseNewer(content.Facts.Migrations, "The backup");
        return content.IsWhole ? content : throw new DamagedCopyException("it has no table schema_migrations, or ends in the middle of a table");
    }

    public static string Quote(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private static void RestoreInto(PostgresAddress target, string copy, string schema, CancellationToken cancel)
    {
        target.Run(connection => connection.Do($"CREATE SCHEMA IF NOT EXISTS {Quote(schema)}"));
        try
        {
            PostgresTools.Run("pg_restore", target, ["--no-owner", "--no-privileges", "--exit-on-error", $"--schema={schema}", "--dbname", target.DatabaseName, copy], cancel);
        }
        catch (DatabaseRefusedException refused)
        {
            throw new DamagedCopyException($"it cannot be restored for a trial ({refused.Message})");
        }
    }

    private static DatabaseFacts FactsOf(NpgsqlConnection connection, CancellationToken cancel)
    {
        var tables = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (var name in connection.Column(OurTables))
        {
            cancel.ThrowIfCancellationRequested();
            tables[name] = connection.Number(string.Create(CultureInfo.InvariantCulture, $"SELECT count(*) FROM {Quote(name)}"));
        }

        return new(tables, 0, connection.Column("SELECT version FROM schema_migrations ORDER BY version"));
    }
}

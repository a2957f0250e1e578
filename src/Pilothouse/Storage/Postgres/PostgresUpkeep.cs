using System.Globalization;
using Npgsql;
using Pilothouse.Storage.Files;

namespace Pilothouse.Storage.Postgres;

/// <summary>
/// The maintenance of a PostgreSQL database. PostgreSQL renews its statistics and shortens its log by itself (autovacuum, checkpointer), so
/// there is less to do than with a file.
/// </summary>
internal sealed class PostgresUpkeep(PostgresAddress address, NpgsqlDataSource source) : Upkeep
{
    private const string OurTables = "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' ORDER BY table_name";
    private volatile bool isDamaged;

    public override bool IsDamaged => isDamaged;

    /// <summary>PostgreSQL recovers by itself after a crash, before it answers.</summary>
    public override bool WasClosedCleanly => true;

    public override FileUpkeep? Files => null;

    public override Task OptimizeAsync(CancellationToken cancel) => Task.CompletedTask;

    public override Task ShortenLogAsync(CancellationToken cancel) => Task.CompletedTask;

    /// <summary>
    /// Reads every row of every table. PostgreSQL checks each page that it reads, if the cluster was made with data checksums.
    /// </summary>
    public override string? FindDamage(Action<string> notCopied, CancellationToken cancel)
    {
        try
        {
            using var connection = source.OpenConnection();
            foreach (var table in Names(connection))
            {
                cancel.ThrowIfCancellationRequested();
                Count(connection, table);
            }

            return null;
        }
        catch (PostgresException error) when (error.SqlState is PostgresErrorCodes.DataCorrupted or PostgresErrorCodes.IndexCorrupted)
        {
            isDamaged = true;
            return error.MessageText;
        }
    }

    public override void RemoveLeftovers(Action<string> notRemoved)
    {
        // A check of PostgreSQL leaves nothing behind.
    }

    /// <summary>Writes a dump in pg_dump's custom format.</summary>
    public override DatabaseFacts CopyTo(string target, IProgress<double>? progress, CancellationToken cancel)
    {
        using var connection = source.OpenConnection();
        using var transaction = connection.BeginTransaction(System.Data.IsolationLevel.RepeatableRead);
        var facts = FactsOf(connection);
        var snapshot = (string)Scalar(connection, "SELECT pg_export_snapshot()")!;
        PostgresTools.Run("pg_dump", address, ["--format=custom", "--no-owner", "--no-privileges", $"--snapshot={snapshot}", "--file", target], cancel);
        progress?.Report(1);
        return facts;
    }

    private static DatabaseFacts FactsOf(NpgsqlConnection connection)
    {
        var tables = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (var name in Names(connection))
        {
            tables[name] = Count(connection, name);
        }

        return new(tables, 0, Column(connection, "SELECT version FROM schema_migrations ORDER BY version"));
    }

    private static List<string> Names(NpgsqlConnection connection) => Column(connection, OurTables);

    private static long Count(NpgsqlConnection connection, string table) =>
        Convert.ToInt64(Scalar(connection, $"SELECT count(*) FROM \"{table.Replace("\"", "\"\"", StringComparison.Ordinal)}\""), CultureInfo.InvariantCulture);

    private static object? Scalar(NpgsqlConnection connection, string sql)
    {
        using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        return command.ExecuteScalar();
    }

    private static List<string> Column(NpgsqlConnection connection, string sql)
    {
        using var command = new NpgsqlCommand(sql, connection);
        using var reader = command.ExecuteReader();
        var values = new List<string>();
        while (reader.Read())
        {
            values.Add(reader.GetString(0));
        }

        return values;
    }
}

using System.Diagnostics;
using Npgsql;
using Pilothouse.Configuration;
using Pilothouse.Storage.Postgres;

namespace Pilothouse.Storage.Move;

/// <summary>A PostgreSQL database at one end of a move, with one connection to it.</summary>
internal sealed class PostgresPlace : IDisposable
{
    private static readonly TimeSpan PatienceWithOthers = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(200);

    private readonly NpgsqlDataSource source;

    /// <exception cref="NpgsqlException">It cannot be reached.</exception>
    public PostgresPlace(DatabaseUrl url)
    {
        Address = new PostgresAddress(url);
        source = Address.Open(1);
        Connection = source.OpenConnection();
    }

    public PostgresAddress Address { get; }

    public NpgsqlConnection Connection { get; }

    /// <summary>Waits a moment until no other Pilothouse is connected: a move that was just killed still rolls back.</summary>
    /// <exception cref="DatabaseRefusedException">One stays connected.</exception>
    public void RefuseServers()
    {
        for (var began = Stopwatch.GetTimestamp(); HasServers; Thread.Sleep(BetweenLooks))
        {
            if (Stopwatch.GetElapsedTime(began) > PatienceWithOthers)
            {
                throw new DatabaseRefusedException($"Another Pilothouse is connected to {Address}. What it writes from now on would be "
                    + "missing in one of the two databases. Stop every server and command that uses it, and run this again.");
            }
        }
    }

    /// <summary>Whether another connection has the name that servers give to theirs.</summary>
    public bool HasServers => Connection.Number("""
        SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name = current_setting('application_name')
        """) > 0;

    /// <summary>Returns the first of our tables that has rows; null if none has.</summary>
    public string? FirstFilled() => MovedTables.All.Select(static table => table.Name)
        .FirstOrDefault(name => Connection.HasTable(name) && Connection.Text($"SELECT 1 FROM {name} LIMIT 1") is not null);

    /// <summary>Returns the migrations that the database lacks.</summary>
    /// <exception cref="DatabaseRefusedException">A newer version has migrated it.</exception>
    public IReadOnlyList<string> MissingMigrations()
    {
        var applied = Connection.HasTable("schema_migrations") ? Connection.Column("SELECT version FROM schema_migrations") : [];
        PostgresMigrator.RefuseNewer(applied, Address.ToString());
        return [.. PostgresMigrator.Known.Except(applied)];
    }

    public void Dispose()
    {
        Connection.Dispose();
        source.Dispose();
    }
}

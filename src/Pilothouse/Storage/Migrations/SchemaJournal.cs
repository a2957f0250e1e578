using System.Data;
using DbUp.Engine;
using DbUp.Engine.Transactions;

namespace Pilothouse.Storage.Migrations;

/// <summary>Keeps what ran in the seed's own table: schema_migrations(id, version, description, applied_at).</summary>
internal sealed class SchemaJournal(Func<IConnectionManager> connections, TimeProvider clock) : IJournal
{
    public string[] GetExecutedScripts() => connections().ExecuteCommandsWithManagedConnection(commands =>
    {
        EnsureTableExistsAndIsLatestVersion(commands);
        using var command = commands();
        command.CommandText = "SELECT version FROM schema_migrations";
        using var reader = command.ExecuteReader();
        var versions = new List<string>();
        while (reader.Read())
        {
            versions.Add(reader.IsDBNull(0) ? "" : reader.GetString(0));
        }

        return versions.ToArray();
    });

    public void StoreExecutedScript(SqlScript script, Func<IDbCommand> dbCommandFactory)
    {
        using var command = dbCommandFactory();
        command.CommandText = "INSERT INTO schema_migrations(version, description, applied_at) VALUES (@version, @description, @applied_at)";
        Add(command, "@version", script.Name);
        Add(command, "@description", script.Name[(Migrator.Prefix.Length + 5)..].Replace('_', ' '));
        Add(command, "@applied_at", Timestamps.ToStored(clock.GetUtcNow()));
        command.ExecuteNonQuery();
    }

    public void EnsureTableExistsAndIsLatestVersion(Func<IDbCommand> dbCommandFactory)
    {
        using var command = dbCommandFactory();
        command.CommandText = """
            CREATE TABLE IF NOT EXISTS schema_migrations (
              id INTEGER PRIMARY KEY AUTOINCREMENT,
              version TEXT UNIQUE NOT NULL,
              description TEXT,
              applied_at DATETIME DEFAULT CURRENT_TIMESTAMP
            )
            """;
        command.ExecuteNonQuery();
    }

    private static void Add(IDbCommand command, string name, string value)
    {
        var parameter = command.CreateParameter();
        parameter.ParameterName = name;
        parameter.Value = value;
        command.Parameters.Add(parameter);
    }
}

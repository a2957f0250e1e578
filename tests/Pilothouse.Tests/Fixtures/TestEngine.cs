using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Pilothouse.Configuration;
using Pilothouse.Storage;
using Pilothouse.Storage.Postgres;

namespace Pilothouse.Tests.Fixtures;

/// <summary>
/// The engine of the servers that tests start: SQLite, or PostgreSQL where PILOTHOUSE_TEST_ENGINE=postgres. ./test.sh runs the tests that are
/// not about files twice.
/// </summary>
internal static class TestEngine
{
    private const string UrlFile = "database.url";

    /// <summary>A database with the schema, which each test gets a copy of.</summary>
    private static readonly Lazy<Task<string>> Template = new(static async () =>
    {
        var cluster = await PostgresCluster.SharedAsync();
        var url = await cluster.CreateDatabaseAsync();
        new PostgresMigrator(new PostgresAddress(DatabaseUrl.Parse(url)), NullLogger<PostgresMigrator>.Instance).Migrate();
        NpgsqlConnection.ClearAllPools();
        return NameOf(url);
    });

    public static bool IsPostgres { get; } = Environment.GetEnvironmentVariable("PILOTHOUSE_TEST_ENGINE") == "postgres";

    /// <summary>Returns the settings that choose the engine. A folder has one database, and keeps it over restarts of its server.</summary>
    public static async Task<(string Name, string Value)[]> SettingsAsync(TemporaryFolder folder)
    {
        if (!IsPostgres)
        {
            return [];
        }

        if (!File.Exists(folder.File(UrlFile)))
        {
            var template = await Template.Value;
            await File.WriteAllTextAsync(folder.File(UrlFile), await (await PostgresCluster.SharedAsync()).CreateDatabaseAsync(template));
        }

        return [("DATABASE_URL", await File.ReadAllTextAsync(folder.File(UrlFile)))];
    }

    /// <summary>Runs SQL on the folder's database.</summary>
    public static string? Execute(TemporaryFolder folder, string sql)
    {
        using var source = new PostgresAddress(DatabaseUrl.Parse(File.ReadAllText(folder.File(UrlFile)))).Open(1);
        using var command = source.CreateCommand(sql);
        var value = command.ExecuteScalar();
        return value is DateTime time ? Timestamps.ToStored(time) : Convert.ToString(value, CultureInfo.InvariantCulture);
    }

    /// <summary>The settings of a command on the folder's database.</summary>
    public static async Task<(string Name, string Value)[]> CommandAsync(TemporaryFolder folder, params (string Name, string Value)[] settings) =>
        [.. await SettingsAsync(folder), .. settings];

    /// <summary>SQL for the time that is some seconds after another.</summary>
    public static string SecondsAfter(string time, string seconds) =>
        IsPostgres ? $"timestamptz '{time}' + ({seconds}) * interval '1 second'" : $"datetime('{time}', ({seconds}) || ' seconds')";

    /// <summary>SQL for the values of a column of these rows, with commas between.</summary>
    public static string Joined(string column, string rows) =>
        IsPostgres ? $"SELECT string_agg(CAST({column} AS text), ',') FROM ({rows}) AS found" : $"SELECT group_concat({column}) FROM ({rows})";

    /// <summary>SQL of another program's trigger, which runs before a row of signals is deleted.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="rows">The rows for which it runs.</param>
    /// <param name="sqlite">What it does, in the words of SQLite.</param>
    /// <param name="postgres">The same in PL/pgSQL.</param>
    public static string BeforeDelete(string name, string rows, string sqlite, string postgres) => IsPostgres
        ? $"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN {postgres} RETURN old; END $f$; CREATE TRIGGER {name} BEFORE DELETE ON signals FOR EACH ROW WHEN ({rows}) EXECUTE FUNCTION {name}()"
        : $"CREATE TRIGGER {name} BEFORE DELETE ON signals WHEN {rows} BEGIN {sqlite} END";

    public static async Task RemoveAsync(TemporaryFolder folder)
    {
        if (IsPostgres && File.Exists(folder.File(UrlFile)))
        {
            await (await PostgresCluster.SharedAsync()).DropAsync(NameOf(await File.ReadAllTextAsync(folder.File(UrlFile))));
        }
    }

    private static string NameOf(string url) => url[(url.LastIndexOf('/') + 1)..];
}

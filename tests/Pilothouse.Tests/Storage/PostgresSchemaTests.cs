using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Pilothouse.Configuration;
using Pilothouse.Storage;
using Pilothouse.Storage.Migrations;
using Pilothouse.Storage.Postgres;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Storage;

/// <summary>The schema on PostgreSQL: the same tables, columns and indexes as in a SQLite file, and migrations that run once.</summary>
public sealed class PostgresSchemaTests
{
    /// <summary>What only a file has: local times of other programs, and SQLite's own tables.</summary>
    private static readonly string[] OnlyInFiles = ["foreign_time_offsets", "foreign_time_backlog", "server_writes", "sqlite_sequence"];

    [Fact]
    public async Task Both_engines_have_the_same_tables_and_columns_in_the_same_order()
    {
        using var folder = new TemporaryFolder();
        var path = Migrated(folder);
        var file = await Tool.SqliteAsync(path, """
            SELECT m.name || '.' || c.name FROM sqlite_schema AS m JOIN pragma_table_info(m.name) AS c
            WHERE m.type = 'table' AND c.name NOT LIKE '%\_utc' ESCAPE '\' ORDER BY m.name, c.cid;
            """);
        var expected = file.Split('\n').Where(static column => !OnlyInFiles.Contains(column.Split('.')[0]));
        Assert.Equal(expected, await ColumnAsync("""
            SELECT table_name || '.' || column_name FROM information_schema.columns
            WHERE table_schema = 'public' AND table_name <> 'write_guard' ORDER BY table_name COLLATE "C", ordinal_position
            """));
    }

    /// <summary>The index from which a file reads the figures of agents; a text in it may be longer than an index of PostgreSQL takes, which stores long texts apart.</summary>
    private const string OnlyInFilesIndex = "ph_agent_decisions_figures";

    [Fact]
    public async Task Both_engines_have_the_same_indexes_of_ours()
    {
        using var folder = new TemporaryFolder();
        var file = await Tool.SqliteAsync(Migrated(folder), "SELECT name FROM sqlite_schema WHERE type = 'index' AND name LIKE 'ph\\_%' ESCAPE '\\' ORDER BY name;");
        Assert.Equal(file.Split('\n').Where(static index => index != OnlyInFilesIndex), await ColumnAsync("""SELECT indexname FROM pg_indexes WHERE schemaname = 'public' AND indexname LIKE 'ph\_%' ORDER BY indexname COLLATE "C" """));
    }

    [Fact]
    public async Task Every_record_table_logs_its_changes() =>
        Assert.Equal(
            RecordTables.Names.Order(StringComparer.Ordinal),
            await ColumnAsync("""SELECT event_object_table FROM information_schema.triggers WHERE trigger_name LIKE 'ph\_%\_log' GROUP BY 1 HAVING count(*) = 3 ORDER BY event_object_table COLLATE "C" """));

    [Theory]
    [InlineData("79228162514264337593543950335", true)]
    [InlineData("-0.0000000000000000000000000001", true)]
    [InlineData("50000.50", true)]
    [InlineData("79228162514264337593543950336", false)]
    [InlineData("12345678901234567890.1234567890123", false)]
    [InlineData("0.00000000000000000000000000001", false)]
    [InlineData("'NaN'", false)]
    [InlineData("'Infinity'", false)]
    public async Task An_amount_is_stored_if_a_decimal_can_hold_it(string amount, bool fits)
    {
        var cluster = await PostgresCluster.SharedAsync();
        var (database, name) = await cluster.OpenAsync();
        await using var closing = database;
        var insert = $"INSERT INTO trades(trading_pair, side, entry_price, quantity, pnl) VALUES ('A/B', 'BUY', 1, 1, {amount})";
        if (!fits)
        {
            Assert.Equal("23514", (await Assert.ThrowsAsync<PostgresException>(() => cluster.ExecuteAsync(name, insert))).SqlState);
            return;
        }

        await cluster.ExecuteAsync(name, insert);
        var select = new Sql("SELECT pnl FROM trades");
        Assert.Equal(decimal.Parse(amount, System.Globalization.CultureInfo.InvariantCulture), await database.ReadAsync(session => session.Prepare(select).FirstAsync(static row => row.Money(0))));
    }

    [Fact]
    public async Task Two_servers_that_start_at_once_migrate_once()
    {
        var cluster = await PostgresCluster.SharedAsync();
        var url = await cluster.CreateDatabaseAsync();
        var applied = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => Migrator(url).Migrate().Count)));
        Assert.Equal(PostgresMigrator.Known.Count, applied.Sum());
    }

    [Fact]
    public async Task A_database_of_a_newer_version_is_refused_and_not_touched()
    {
        var cluster = await PostgresCluster.SharedAsync();
        var url = await cluster.CreateDatabaseAsync();
        Migrator(url).Migrate();
        var name = url[(url.LastIndexOf('/') + 1)..];
        await cluster.ExecuteAsync(name, "INSERT INTO schema_migrations(version) VALUES ('postgres_9999_later')");
        Assert.Contains("newer Pilothouse (postgres_9999_later)", Assert.Throws<DatabaseRefusedException>(() => Migrator(url).Migrate()).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("postgres://owner:wrong@127.0.0.1:{0}/postgres", "password authentication failed")]
    [InlineData("postgres://owner:wrong@127.0.0.1:1/postgres", "Check DATABASE_URL, whether PostgreSQL is running")]
    public async Task A_server_that_cannot_connect_says_so_without_the_password(string form, string expected)
    {
        var cluster = await PostgresCluster.SharedAsync();
        var url = form.Replace("{0}", cluster.Port.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal);
        var message = Assert.Throws<DatabaseRefusedException>(() => Migrator(url).Migrate()).Message;
        Assert.Contains(expected, message, StringComparison.Ordinal);
        Assert.DoesNotContain("wrong", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("postgres://o@one/bots", "one", "5432")]
    [InlineData("postgres://o@one:5433,two/bots", "one,two", "5433,5432")]
    [InlineData("host=one,two port=5433 user=o dbname=bots", "one,two", "5433,5433")]
    [InlineData("postgres://o@[::1]:5434,10.0.0.1:5435/bots", "::1,10.0.0.1", "5434,5435")]
    public void Programs_of_postgresql_get_the_hosts_and_their_ports(string url, string hosts, string ports)
    {
        var environment = new Dictionary<string, string?>();
        new PostgresAddress(DatabaseUrl.Parse(url)).AddTo(environment);
        Assert.Equal((hosts, ports), (environment["PGHOST"], environment["PGPORT"]));
    }

    [Fact]
    public async Task A_role_that_may_make_no_tables_is_refused_with_a_sentence()
    {
        var cluster = await PostgresCluster.SharedAsync();
        var name = new Uri(await cluster.CreateDatabaseAsync()).AbsolutePath[1..];
        await cluster.ExecuteAsync(name, "CREATE ROLE guest LOGIN PASSWORD 'guest'");
        var message = Assert.Throws<DatabaseRefusedException>(() => Migrator($"postgres://guest:guest@127.0.0.1:{cluster.Port}/{name}").Migrate()).Message;
        Assert.Contains("permission denied", message, StringComparison.Ordinal);
        Assert.Contains("the rights of the role", message, StringComparison.Ordinal);
    }

    private static PostgresMigrator Migrator(string url) => new(new PostgresAddress(DatabaseUrl.Parse(url)), NullLogger<PostgresMigrator>.Instance);

    private static string Migrated(TemporaryFolder folder)
    {
        new Migrator(folder.File("trading_bot.db"), folder.File("backups"), TimeProvider.System, NullLogger<Migrator>.Instance).Migrate();
        return folder.File("trading_bot.db");
    }

    private static async Task<List<string>> ColumnAsync(string sql)
    {
        var cluster = await PostgresCluster.SharedAsync();
        var url = await cluster.CreateDatabaseAsync();
        Migrator(url).Migrate();
        await using var source = new PostgresAddress(DatabaseUrl.Parse(url)).Open(1);
        await using var command = source.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync();
        var values = new List<string>();
        while (await reader.ReadAsync())
        {
            values.Add(reader.GetString(0));
        }

        return values;
    }
}

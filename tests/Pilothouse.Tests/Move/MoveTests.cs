using System.Globalization;
using System.Security.Cryptography;
using Pilothouse.Configuration;
using Pilothouse.Storage.Move;
using Pilothouse.Storage.Postgres;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Move;

/// <summary>What a move between a file and PostgreSQL carries over: every row of every table, and the numbers of the next rows.</summary>
public sealed class MoveTests
{
    private static readonly Dictionary<string, MovedKind> Kinds = new()
    {
        ["bigint"] = MovedKind.Whole,
        ["double precision"] = MovedKind.Number,
        ["numeric"] = MovedKind.Money,
        ["text"] = MovedKind.Text,
        ["timestamp with time zone"] = MovedKind.Time,
        ["jsonb"] = MovedKind.Json,
    };

    [Fact]
    public async Task The_list_of_moved_tables_has_every_table_column_and_reference_of_the_schema()
    {
        await using var place = await MovingFolder.MakeAsync();
        place.MigrateServer();
        using var server = new PostgresPlace(DatabaseUrl.Parse(place.Url));
        var columns = server.Connection.Column("""
            SELECT table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable FROM information_schema.columns
            WHERE table_schema = 'public' AND table_name NOT IN ('schema_migrations', 'write_guard')
            ORDER BY table_name COLLATE "C", ordinal_position
            """);
        var sorted = MovedTables.All.OrderBy(static table => table.Name, StringComparer.Ordinal);
        Assert.Equal(columns, sorted.SelectMany(static table => table.Columns.Select(column =>
            $"{table.Name}.{column.Name} {Kinds.First(kind => kind.Value == column.Kind).Key} {(column.IsRequired ? "NO" : "YES")}")));

        var references = server.Connection.Column("""
            SELECT conrelid::regclass || '.' || a.attname || ' ' || confrelid::regclass FROM pg_constraint AS c
            JOIN pg_attribute AS a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1] WHERE c.contype = 'f' ORDER BY 1
            """);
        var referring = MovedTables.All.SelectMany(static table => table.Columns.Where(static column => column.RefersTo is not null)
            .Select(column => $"{table.Name}.{column.Name} {column.RefersTo}"));
        Assert.Equal(references, referring.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_table_comes_after_those_that_it_refers_to()
    {
        var names = MovedTables.All.Select(static table => table.Name).ToList();
        Assert.All(MovedTables.All, table => Assert.All(table.Columns.Where(static column => column.RefersTo is not null),
            column => Assert.True(names.IndexOf(column.RefersTo!) < names.IndexOf(table.Name), $"{table.Name} before {column.RefersTo}")));
    }

    [Fact]
    public async Task Rows_of_every_table_move_to_the_server_and_back_to_the_last_digit()
    {
        await using var place = await MovingFolder.MakeAsync();
        await place.FillAsync();
        var before = await MovingFolder.DumpAsync(place.Path);
        Assert.Equal(MovedTables.All.Count * 3, before.Split('\n').Length);
        var hash = SHA256.HashData(await File.ReadAllBytesAsync(place.Path, TestContext.Current.CancellationToken));

        var there = await place.MustMoveAsync();
        var rows = string.Create(CultureInfo.InvariantCulture, $"{MovedTables.All.Count * 3} rows were moved");
        Assert.Contains(rows + " and 0 set aside", there, StringComparison.Ordinal);
        Assert.Equal(hash, SHA256.HashData(await File.ReadAllBytesAsync(place.Path, TestContext.Current.CancellationToken)));

        var back = await place.MustMoveAsync(place.Url, place.Folder.File("back.db"));
        Assert.Equal(before, await MovingFolder.DumpAsync(place.Folder.File("back.db")));
        Assert.Equal(Table(there), Table(back));
        Assert.Equal("ok", await Tool.IntegrityAsync(place.Folder.File("back.db")));
        Assert.Equal("", await Tool.SqliteAsync(place.Folder.File("back.db"), "PRAGMA foreign_key_check;"));
        Assert.Empty(place.SetAsideFiles);

        // The schema of the new file is that of any other: no index and no trigger was lost on the way.
        const string Schema = "SELECT name, sql FROM sqlite_schema ORDER BY name;";
        Assert.Equal(await place.FileAsync(Schema), await Tool.SqliteAsync(place.Folder.File("back.db"), Schema));
        var log = await File.ReadAllTextAsync(place.Folder.File("logs/mcp_server_commands.log"), TestContext.Current.CancellationToken);
        Assert.Contains(rows, log, StringComparison.Ordinal);
        Assert.DoesNotContain("word", log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_number_is_given_out_twice_after_a_move_in_either_direction()
    {
        await using var place = await MovingFolder.MakeAsync();
        const string Signal = "INSERT INTO signals(trading_pair, signal_type, signal_strength, price) VALUES ('A/B', 'BUY', 1, 1)";
        const string Report = "INSERT INTO bot_status(bot_name, status) VALUES ('b', 'running')";
        await place.FileAsync($"""
            {Signal}; {Signal}; {Report}; {Report}; {Report};
            DELETE FROM bot_status; DELETE FROM signals WHERE id = 2; DELETE FROM changes WHERE seq < 9;
            """);
        await place.MustMoveAsync();
        Assert.Equal("9", await place.ServerAsync("SELECT max(seq) FROM changes"));
        Assert.Equal("3", await place.ServerAsync(Signal + " RETURNING id"));
        Assert.Equal("4", await place.ServerAsync(Report + " RETURNING id"));
        Assert.Equal("10 11", await place.ServerAsync("SELECT string_agg(seq::text, ' ' ORDER BY seq) FROM changes WHERE seq > 9"));

        await place.ServerAsync("DELETE FROM bot_status");
        await place.ServerAsync("DELETE FROM signals WHERE id = 3");
        var back = place.Folder.File("back.db");
        await place.MustMoveAsync(place.Url, back);
        Assert.Equal("13", await Tool.SqliteAsync(back, "SELECT max(seq) FROM changes;"));
        Assert.Equal("4\n5\n14\n15", await Tool.SqliteAsync(back, $"""
            {Signal} RETURNING id;
            {Report} RETURNING id;
            SELECT seq FROM changes WHERE seq > 13 ORDER BY seq;
            """));
    }

    [Fact]
    public async Task The_log_of_changes_is_moved_as_it_is_and_goes_on_behind_it()
    {
        await using var place = await MovingFolder.MakeAsync();
        await place.FileAsync("""
            INSERT INTO trades(trading_pair, side, entry_price, quantity) VALUES ('A/B', 'BUY', 1, 1);
            UPDATE trades SET status = 'closed';
            """);
        await place.MustMoveAsync();
        Assert.Equal("opened closed", await place.ServerAsync("SELECT string_agg(kind, ' ' ORDER BY seq) FROM changes"));
        await place.ServerAsync("UPDATE trades SET fees = 1");
        Assert.Equal("opened closed changed", await place.ServerAsync("SELECT string_agg(kind, ' ' ORDER BY seq) FROM changes"));
    }

    /// <summary>What the server reads, whatever type it has in the file, is moved and reads the same on the other side.</summary>
    [Theory]
    [InlineData("signals", "rsi", "5", "rsi", "5")]
    [InlineData("signals", "rsi", "9e999", "rsi", "Infinity")]
    [InlineData("signals", "signal_strength", "7.0", "signal_strength", "7")]
    [InlineData("signals", "price", "1e20", "price", "100000000000000000000")]
    [InlineData("signals", "price", "-0.0", "price", "0")]
    [InlineData("signals", "timestamp", "'2025-10-07T12:00:00.123456'", "timestamp::text", "2025-10-07 12:00:00.123456+00")]
    [InlineData("signals", "timestamp", "'2025-10-07T12:00:00+02:00'", "timestamp::text", "2025-10-07 10:00:00+00")]
    [InlineData("signals", "timestamp", "'2025-10-07'", "timestamp::text", "2025-10-07 00:00:00+00")]
    [InlineData("signals", "timestamp", "'1969-12-31 23:59:59.1234567'", "timestamp::text", "1969-12-31 23:59:59.123456+00")]
    [InlineData("signals", "timestamp", "''", "coalesce(timestamp::text, 'none')", "none")]
    [InlineData("signals", "timestamp, timestamp_utc", "'2025-10-07 14:00', '2025-10-07 12:00'", "timestamp::text", "2025-10-07 12:00:00+00")]
    [InlineData("spike_events", "context_analysis", "'{\"b\":1.50, \"a\" : [2]}'", "context_analysis::text", "{\"a\": [2], \"b\": 1.50}")]
    public async Task A_value_that_the_server_reads_is_moved_with_its_meaning(
        string table, string columns, string values, string shown, string expected)
    {
        await using var place = await MovingFolder.MakeAsync();
        var needed = Needed(table, columns);
        await place.FileAsync($"INSERT INTO {table}({columns}{needed.Names}) VALUES ({values}{needed.Values});");
        Assert.Contains(" 0 set aside", await place.MustMoveAsync(), StringComparison.Ordinal);
        Assert.Equal(expected, await place.ServerAsync($"SELECT {shown} FROM {table}"));
    }

    [Fact]
    public async Task A_time_with_microseconds_names_its_zone_in_the_file_so_that_it_is_never_taken_for_local_time()
    {
        await using var place = await MovingFolder.MakeAsync();
        place.MigrateServer();
        await place.ServerAsync("""
            INSERT INTO signals(timestamp, trading_pair, signal_type, signal_strength, price)
            VALUES ('2026-03-02 12:00:00.000001+00', 'A/B', 'BUY', 1, 1.10)
            """);
        await place.MustMoveAsync(place.Url, place.Folder.File("back.db"));
        var stored = await Tool.SqliteAsync(place.Folder.File("back.db"), "SELECT timestamp, price FROM signals;");
        Assert.Equal("2026-03-02 12:00:00.000001Z|1.1", stored);
    }

    [Theory]
    [InlineData("{\"a\":1,\"b\":2}", "{ \"b\": 2, \"a\": 1 }", true)]
    [InlineData("1.50", "1.5", true)]
    [InlineData("100", "1e2", true)]
    [InlineData("-0", "0.0", true)]
    [InlineData("0.1", "0.10000000000000001", false)]
    [InlineData("[1,2]", "[2,1]", false)]
    [InlineData("\"1\"", "1", false)]
    [InlineData("\"\\u0041\"", "\"A\"", true)]
    [InlineData("[1,[2]]", "[[1],2]", false)]
    public void Two_texts_are_the_same_JSON_only_if_they_are_the_same_value(string one, string other, bool same) =>
        Assert.Equal(same, JsonForm.Of(one) == JsonForm.Of(other));

    /// <summary>The other columns that must have a value.</summary>
    internal static (string Names, string Values) Needed(string table, string columns)
    {
        string[] given = columns.Split(", ");
        var needed = MovedTables.All.First(one => one.Name == table).Columns
            .Where(column => column.IsRequired && column.Name != "id" && !given.Contains(column.Name)).ToList();
        var values = needed.Select(static column => column.Kind switch
        {
            MovedKind.Text => ", 'x'",
            MovedKind.Time => ", '2026-03-02 12:00:00'",
            _ => ", 1",
        });
        return (string.Concat(needed.Select(static column => $", {column.Name}")), string.Concat(values));
    }

    private static string Table(string output) => string.Join('\n', output.Split('\n')
        .TakeWhile(static line => !line.StartsWith("total", StringComparison.Ordinal)));
}

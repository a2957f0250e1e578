using System.Text.Json.Nodes;
using Pilothouse.Storage;
using Pilothouse.Storage.Move;
using Pilothouse.Tests.Fixtures;
using Pilothouse.Tests.Storage;

namespace Pilothouse.Tests.Move;

/// <summary>Rows that the other engine cannot hold with the same meaning are set aside with their reason, and never lost or changed.</summary>
public sealed class MoveOddRowsTests
{
    [Theory]
    [InlineData("signals", "price", "'cheap'", "price: text in the column of a number", "\"cheap\"")]
    [InlineData("signals", "rsi", "'50%'", "rsi: text in the column of a number", "\"50%\"")]
    [InlineData("signals", "signal_strength", "5.5", "signal_strength: a fraction in the column of a whole number", "5.5")]
    [InlineData("signals", "price", "9e999", "price: a number that is infinite, or too large or small for an amount", "{\"number\":\"Infinity\"}")]
    [InlineData("signals", "price", "1.2345678901234567e-20", "price: an amount with more than 28 decimal places", "1.2345678901234567E-20")]
    [InlineData("signals", "timestamp", "'soon'", "timestamp: a time that the server cannot read", "\"soon\"")]
    [InlineData("signals", "timestamp", "1759838400", "timestamp: a time that the server cannot read", "1759838400")]
    [InlineData("signals", "strategy", "'a' || char(0) || 'b'", "strategy: text with a NUL character", "\"a\\u0000b\"")]
    [InlineData("signals", "strategy", "CAST(x'61ff' AS TEXT)", "strategy: text that is not UTF-8", "{\"text\":\"61FF\"}")]
    [InlineData("signals", "strategy", "x'6162'", "strategy: bytes, where the server reads none", "{\"bytes\":\"6162\"}")]
    [InlineData("spike_events", "context_analysis", "'{\"a\":NaN}'", "context_analysis: no JSON that can be stored", "\"{\\\"a\\\":NaN}\"")]
    [InlineData("spike_events", "context_analysis", "'{\"a\":1,\"a\":2}'", "context_analysis: no JSON that can be stored", "\"{\\\"a\\\":1,\\\"a\\\":2}\"")]
    [InlineData("spike_events", "context_analysis", "'\"\\u0000\"'", "context_analysis: no JSON that can be stored", "\"\\\"\\\\u0000\\\"\"")]
    [InlineData("trades", "signal_id", "4711", "signal_id: it refers to a row of signals that is missing or set aside", "4711")]
    [InlineData("circuit_breaker_events", "triggered_at", "''", "triggered_at: nothing, where a value must be", "\"\"")]
    public async Task A_row_of_a_file_that_the_server_cannot_hold_is_set_aside_with_its_reason(
        string table, string column, string value, string reason, string stored)
    {
        await using var place = await MovingFolder.MakeAsync();
        var needed = MoveTests.Needed(table, column);
        var good = MoveTests.Needed(table, "");
        await place.FileAsync($"""
            INSERT INTO {table}({column}{needed.Names}) VALUES ({value}{needed.Values});
            INSERT INTO {table}({good.Names[1..]}) VALUES ({good.Values[1..]});
            """);
        var (code, dry, error) = await place.MoveAsync(place.Path, place.Url, "--dry-run");
        Assert.True(code == 0, error);
        Assert.Contains($"Set aside: 1 of {table}. {reason}.", dry, StringComparison.Ordinal);
        Assert.Empty(place.SetAsideFiles);

        var output = await place.MustMoveAsync();
        Assert.Contains($"Set aside: 1 of {table}. {reason}.", output, StringComparison.Ordinal);
        Assert.Equal("2", await place.ServerAsync($"SELECT string_agg(id::text, ' ') FROM {table}"));
        var file = Assert.Single(place.SetAsideFiles);
        Assert.Contains(file, output, StringComparison.Ordinal);
        Assert.EndsWith(".jsonl", file, StringComparison.Ordinal);
        Assert.True(OperatingSystem.IsWindows() || File.GetUnixFileMode(file) == (UnixFileMode.UserRead | UnixFileMode.UserWrite));
        var line = JsonNode.Parse(Assert.Single(await File.ReadAllLinesAsync(file, TestContext.Current.CancellationToken)))!;
        Assert.Equal((table, "1", reason), ((string)line["table"]!, (string)line["id"]!, (string)line["reason"]!));
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(stored), line["values"]![column]), line["values"]![column]?.ToJsonString());
    }

    [Fact]
    public async Task Rows_that_refer_to_a_row_that_was_set_aside_are_set_aside_too()
    {
        await using var place = await MovingFolder.MakeAsync();
        await place.FileAsync("""
            INSERT INTO signals(trading_pair, signal_type, signal_strength, price) VALUES ('A/B', 'BUY', 'many', 1), ('A/B', 'BUY', 1, 1);
            INSERT INTO trades(trading_pair, side, entry_price, quantity, signal_id) VALUES ('A/B', 'BUY', 1, 1, 1), ('A/B', 'BUY', 1, 1, 2);
            INSERT INTO agent_decisions(agent_name, agent_role, decision_type, decision, trade_id)
            VALUES ('a', 'r', 't', 'd', 1), ('a', 'r', 't', 'd', 2);
            """);
        var output = await place.MustMoveAsync();
        const string Missing = "that is missing or set aside.";
        Assert.Contains($"Set aside: 1 of trades. signal_id: it refers to a row of signals {Missing}", output, StringComparison.Ordinal);
        Assert.Contains($"Set aside: 1 of agent_decisions. trade_id: it refers to a row of trades {Missing}", output, StringComparison.Ordinal);
        foreach (var table in (string[])["signals", "trades", "agent_decisions"])
        {
            Assert.Equal("2", await place.ServerAsync($"SELECT string_agg(id::text, ' ') FROM {table}"));
        }

        Assert.Equal(3, (await File.ReadAllLinesAsync(Assert.Single(place.SetAsideFiles), TestContext.Current.CancellationToken)).Length);
    }

    [Fact]
    public async Task A_row_that_only_PostgreSQL_itself_refuses_is_set_aside_and_its_neighbours_are_moved()
    {
        await using var place = await MovingFolder.MakeAsync();
        await place.FileAsync("""
            INSERT INTO news_cache(article_url) WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40)
            SELECT 'https://example.com/' || i || CASE WHEN i IN (7, 33) THEN hex(randomblob(5000)) ELSE '' END FROM n;
            """);
        var output = await place.MustMoveAsync();
        Assert.Contains("Set aside: 2 of news_cache. the target refuses it.", output, StringComparison.Ordinal);
        Assert.Equal("38 0", await place.ServerAsync("SELECT count(*) || ' ' || count(*) FILTER (WHERE id IN (7, 33)) FROM news_cache"));
        var lines = await File.ReadAllLinesAsync(Assert.Single(place.SetAsideFiles), TestContext.Current.CancellationToken);
        Assert.Equal(["7", "33"], lines.Select(static line => (string?)JsonNode.Parse(line)!["id"]));
        Assert.All(lines, static line => Assert.Contains("the target refuses it; index row", line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Rows_of_the_server_that_a_file_cannot_hold_are_set_aside_too()
    {
        await using var place = await MovingFolder.MakeAsync();
        place.MigrateServer();
        await place.ServerAsync("""
            INSERT INTO signals(timestamp, trading_pair, signal_type, signal_strength, price, rsi) VALUES
              ('infinity', 'A/B', 'BUY', 1, 1, 1), ('2026-03-02', 'A/B', 'BUY', 1, 123456789012345678.12, 1),
              ('2026-03-02', 'A/B', 'BUY', 1, 1, 'NaN'), ('2026-03-02', 'A/B', 'BUY', 1, 1.50, 'Infinity'), ('0044-03-15 BC', 'A/B', 'BUY', 1, 1, 1);
            INSERT INTO trades(trading_pair, side, entry_price, quantity, signal_id) VALUES ('A/B', 'BUY', 1, 1, 1), ('A/B', 'BUY', 1, 1, 4);
            """);
        var back = place.Folder.File("back.db");
        var output = await place.MustMoveAsync(place.Url, back);
        Assert.Contains("Set aside: 2 of signals. timestamp: a time outside of the years 1 to 9999.", output, StringComparison.Ordinal);
        Assert.Contains("Set aside: 1 of signals. price: an amount with more digits than a file can hold.", output, StringComparison.Ordinal);
        Assert.Contains("Set aside: 1 of signals. rsi: no number (NaN), which a file cannot hold.", output, StringComparison.Ordinal);
        Assert.Equal("4|1.5|Inf\n2", await Tool.SqliteAsync(back, "SELECT id, price, rsi FROM signals; SELECT id FROM trades;"));
        var lines = await File.ReadAllTextAsync(Assert.Single(place.SetAsideFiles), TestContext.Current.CancellationToken);
        Assert.Contains("\"price\":123456789012345678.12", lines, StringComparison.Ordinal);
        Assert.Contains("\"timestamp\":\"infinity\"", lines, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_row_of_a_file_of_the_seed_is_moved_or_set_aside()
    {
        await using var place = await MovingFolder.MakeAsync();
        var seed = place.Folder.File("seed.db");
        await SeedDatabase.CreateAsync(seed, SeedState.Migrated);
        var (code, _, error) = await place.MoveAsync(seed, place.Url);
        Assert.Equal(1, code);
        Assert.Contains("Run `pilothouse migrate` with DATABASE_PATH=", error, StringComparison.Ordinal);

        await ServerProcess.RunAsync(place.Folder, ["migrate"], ("DATABASE_PATH", seed), ("BACKUP_DIR", place.Folder.File("backups")));
        await Tool.SqliteAsync(seed, "CREATE TABLE my_notes(note TEXT);");
        var output = await place.MustMoveAsync(seed);
        Assert.Contains("Not moved: the column retention_days of signals, which is not of this version.", output, StringComparison.Ordinal);
        Assert.Contains("Not moved: the table my_notes, which is not of this version.", output, StringComparison.Ordinal);
        var file = await File.ReadAllLinesAsync(Assert.Single(place.SetAsideFiles), TestContext.Current.CancellationToken);
        var lines = file.Select(static line => JsonNode.Parse(line)!).ToList();
        foreach (var table in SeedDatabase.Tables)
        {
            var ids = await place.ServerAsync($"SELECT coalesce(string_agg(id::text, ' '), '') FROM {table}");
            var moved = ids!.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            var aside = lines.Where(line => (string)line["table"]! == table).Select(static line => (string)line["id"]!);
            var all = Enumerable.Range(1, SeedDatabase.RowsEach).Select(static id => $"{id}");
            Assert.Equal(all, moved.Concat(aside).Order(StringComparer.Ordinal));
        }

        Assert.Equal("1", await place.ServerAsync("SELECT string_agg(id::text, ' ') FROM signals WHERE id < 2"));
    }

    [Fact]
    public async Task Local_times_that_are_not_read_yet_keep_a_file_from_being_moved()
    {
        await using var place = await MovingFolder.MakeAsync();
        var needed = MoveTests.Needed("signals", "timestamp");
        await place.FileAsync($"""
            INSERT INTO signals(timestamp{needed.Names}) VALUES ('2025-10-07T12:00:00'{needed.Values});
            INSERT INTO foreign_time_offsets VALUES ('', 7200, NULL, 'Europe/Berlin');
            INSERT INTO foreign_time_backlog(table_name, done_id, last_id) VALUES ('signals', 0, 1);
            """);
        var (code, _, error) = await place.MoveAsync(place.Path, place.Url);
        Assert.Equal(1, code);
        Assert.Contains("has local times in signals that are not read by FOREIGN_TIME_ZONE yet", error, StringComparison.Ordinal);
        await place.FileAsync("UPDATE foreign_time_backlog SET done_id = 1;");
        await place.MustMoveAsync();
    }
}

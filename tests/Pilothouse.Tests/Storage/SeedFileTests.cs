using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Storage;

public sealed class SeedFileTests
{
    [Theory]
    [InlineData(SeedState.Fresh, "DELETE")]
    [InlineData(SeedState.Fresh, "WAL")]
    [InlineData(SeedState.Migrated, "DELETE")]
    [InlineData(SeedState.Migrated, "WAL")]
    [InlineData(SeedState.Half, "DELETE")]
    [InlineData(SeedState.Half, "WAL")]
    [InlineData(SeedState.HalfWithOurs, "DELETE")]
    [InlineData(SeedState.HalfWithOurs, "WAL")]
    public async Task A_file_of_the_seed_opens_migrates_and_loses_nothing(SeedState state, string journalMode)
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("trading_bot.db");
        await SeedDatabase.CreateAsync(path, state, journalMode);
        var before = await SeedDatabase.DumpAsync(path);
        Assert.Equal(SeedDatabase.Tables.Count * SeedDatabase.RowsEach, before.Split('\n').Length);

        await using var server = await TestServer.StartAsync(folder, null);
        Assert.Equal(before, await SeedDatabase.DumpAsync(path));
        Assert.Equal("ok", await Tool.IntegrityAsync(path));
        var signals = await server.GetAsync("/api/signals?limit=500");
        Assert.Equal(SeedDatabase.RowsEach, (int)signals["count"]!);
        if (state == SeedState.HalfWithOurs)
        {
            Assert.Equal("kept", (string?)signals["data"]![0]!["strategy"]);
        }

        var copy = Assert.Single(Directory.GetFiles(folder.File("backups")));
        Assert.Equal("ok", await Tool.IntegrityAsync(copy));
        Assert.Equal(before, await SeedDatabase.DumpAsync(copy));
        Assert.Equal("0", await Tool.SqliteAsync(copy, "SELECT count(*) FROM sqlite_master WHERE name = 'api_keys';"));

        await using var again = await server.RestartAsync();
        await again.PostAsync("/api/signals", """{"trading_pair":"A/B","signal_type":"BUY","signal_strength":1,"price":1}""");
        Assert.Equal(SeedDatabase.RowsEach + 1, (int)(await again.GetAsync("/api/signals?limit=500"))["count"]!);
        Assert.Single(Directory.GetFiles(folder.File("backups")));
    }

    [Fact]
    public async Task Every_read_of_the_api_answers_on_a_file_of_the_seed_with_odd_rows()
    {
        using var folder = new TemporaryFolder();
        await SeedDatabase.CreateAsync(folder.File("trading_bot.db"), SeedState.Migrated);
        await using var server = await TestServer.StartAsync(folder, null);
        var document = await server.GetAsync("/openapi/v1.json");
        foreach (var (path, item) in document["paths"]!.AsObject().Where(static path => path.Value!["get"] is not null))
        {
            using var answer = await server.Client.RawAsync("GET", path.Replace("{id}", "2", StringComparison.Ordinal).Replace("{name}", "x", StringComparison.Ordinal));
            Assert.True((int)answer.StatusCode < 500, $"{path} answered {answer.StatusCode}: {await answer.Content.ReadAsStringAsync()}; {item}");
        }
    }

    [Fact]
    public async Task Pages_over_odd_times_show_every_row_once()
    {
        using var folder = new TemporaryFolder();
        await SeedDatabase.CreateAsync(folder.File("trading_bot.db"), SeedState.Half);
        await using var server = await TestServer.StartAsync(folder, null);
        var seen = new List<long>();
        for (string? cursor = ""; cursor is not null && seen.Count < 100;)
        {
            var page = await server.GetAsync($"/api/signals?limit=1&cursor={cursor}");
            seen.AddRange(page["data"]!.AsArray().Select(static row => (long)row!["id"]!));
            cursor = (string?)page["next_cursor"];
        }

        Assert.Equal(Enumerable.Range(1, SeedDatabase.RowsEach).Select(static id => (long)id), seen.Order());
    }

    [Fact]
    public async Task The_seeds_own_migrations_may_run_after_ours_while_the_server_runs()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("trading_bot.db");
        await SeedDatabase.CreateAsync(path, SeedState.Fresh);
        await using var server = await TestServer.StartAsync(folder, null);
        await server.GetAsync("/api/signals");
        await SeedDatabase.RunRetentionMigrationAsync(path, "signals", "chart_analyses", "cost_analytics");
        await Tool.SqliteAsync(path, "INSERT INTO schema_migrations(version, description) VALUES ('001_add_indexes', ''), ('002_data_retention', ''); CREATE INDEX idx_signals_trading_pair ON signals(trading_pair);");

        await server.PostAsync("/api/signals", """{"trading_pair":"A/B","signal_type":"BUY","signal_strength":1,"price":1}""");
        var newest = (await server.GetAsync("/api/signals/latest?trading_pair=A/B"))["data"]!.AsObject();
        Assert.False(newest.ContainsKey("retention_days"));
        await using var again = await server.RestartAsync();
        Assert.Equal(SeedDatabase.RowsEach + 1, (int)(await again.GetAsync("/api/signals"))["count"]!);
        Assert.Equal("30", again.Sql("SELECT retention_days FROM signals WHERE trading_pair = 'A/B'"));
    }

    [Fact]
    public async Task What_a_killed_bot_left_in_its_journal_is_rolled_back_and_the_file_opens()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("trading_bot.db");
        await SeedDatabase.CreateAsync(path, SeedState.Migrated);
        var before = await SeedDatabase.DumpAsync(path);

        // A small cache makes it write into the file before its commit; then it dies as by kill -9.
        await Tool.RunAsync("python3", ["-c", """
            import os, sqlite3, sys
            db = sqlite3.connect(sys.argv[1], isolation_level=None)
            db.execute("PRAGMA cache_size=1")
            db.execute("BEGIN")
            db.execute("UPDATE signals SET status = 'lost'")
            db.executemany("INSERT INTO chart_analyses(trading_pair, timeframe, ai_analysis) VALUES (?, ?, ?)", [("A", "1m", "x" * 3000)] * 500)
            os.kill(os.getpid(), 9)
            """, path]);
        Assert.True(File.Exists(path + "-journal"));
        await using var server = await TestServer.StartAsync(folder, null);
        Assert.Equal(before, await SeedDatabase.DumpAsync(path));
        Assert.Equal(SeedDatabase.RowsEach, (int)(await server.GetAsync("/api/signals"))["count"]!);
    }

    [Fact]
    public async Task What_a_killed_bot_had_committed_to_its_wal_is_there()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("trading_bot.db");
        await SeedDatabase.CreateAsync(path, SeedState.Migrated, "WAL");
        await Tool.RunAsync("python3", ["-c", """
            import os, sqlite3, sys
            db = sqlite3.connect(sys.argv[1], isolation_level=None)
            db.execute("INSERT INTO signals(trading_pair, signal_type, signal_strength, price) VALUES ('W/L', 'BUY', 1, 1)")
            os.kill(os.getpid(), 9)
            """, path]);
        Assert.True(new FileInfo(path + "-wal").Length > 0);
        await using var server = await TestServer.StartAsync(folder, null);
        Assert.Equal(1, (int)(await server.GetAsync("/api/signals?trading_pair=w/l"))["count"]!);
        var copy = Assert.Single(Directory.GetFiles(folder.File("backups")));
        Assert.Equal("1", await Tool.SqliteAsync(copy, "SELECT count(*) FROM signals WHERE trading_pair = 'W/L';"));
    }

    [Fact]
    public void A_new_file_is_made_where_there_is_none_and_an_empty_one_counts_as_none()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("trading_bot.db");
        File.WriteAllBytes(path, []);
        var settings = TestServer.SettingsFor(folder);
        var migrator = new Pilothouse.Storage.Migrations.Migrator(path, settings.BackupDir, TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger<Pilothouse.Storage.Migrations.Migrator>.Instance);
        Assert.Equal(Pilothouse.Storage.Migrations.Migrator.Known, migrator.Migrate());
        Assert.Empty(migrator.Migrate());
        Assert.False(Directory.Exists(settings.BackupDir));
    }
}

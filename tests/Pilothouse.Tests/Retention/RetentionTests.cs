using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Pilothouse.Configuration;
using Pilothouse.Retention;
using Pilothouse.Storage;
using Pilothouse.Tests.Fixtures;
using Pilothouse.Tests.Storage;

namespace Pilothouse.Tests.Retention;

/// <summary>Retention deletes what the settings say, and nothing that is young, needed or without a readable time.</summary>
public sealed class RetentionTests
{
    [Fact]
    public async Task Each_table_has_its_days_and_0_keeps_for_ever()
    {
        await using var server = await TestServer.StartAsync(("COST_ANALYTICS_RETENTION_DAYS", "10"), ("CHART_ANALYSES_RETENTION_DAYS", "0"), ("AGENT_DECISIONS_RETENTION_DAYS", "1"));
        var insert = new Dictionary<string, string>
        {
            ["signals"] = "signals(timestamp, trading_pair, signal_type, signal_strength, price) VALUES ('{0}', 'A/B', 'BUY', 1, 1)",
            ["trades"] = "trades(timestamp, trading_pair, side, entry_price, quantity) VALUES ('{0}', 'A/B', 'BUY', 1, 1)",
            ["bot_status"] = "bot_status(timestamp, bot_name, status) VALUES ('{0}', 'bot', 'running')",
            ["cost_analytics"] = "cost_analytics(timestamp, api_name, operation_type) VALUES ('{0}', 'a', 'b')",
            ["news_cache"] = "news_cache(timestamp, article_url) VALUES ('{0}', 'https://news/{1}')",
            ["market_context"] = "market_context(timestamp) VALUES ('{0}')",
            ["chart_analyses"] = "chart_analyses(timestamp, trading_pair, timeframe) VALUES ('{0}', 'A/B', '1h')",
            ["agent_decisions"] = "agent_decisions(timestamp, agent_name, agent_role, decision_type, decision) VALUES ('{0}', 'a', 'b', 'c', 'd')",
            ["correlation_data"] = "correlation_data(timestamp, asset1, asset2, correlation_value) VALUES ('{0}', 'a', 'b', 0)",
        };
        var expected = new Dictionary<string, int?>
        {
            ["signals"] = 30,
            ["trades"] = null,
            ["bot_status"] = 7,
            ["cost_analytics"] = 10,
            ["news_cache"] = 7,
            ["market_context"] = null,
            ["chart_analyses"] = null,
            ["agent_decisions"] = 1,
            ["correlation_data"] = 90,
        };
        foreach (var values in insert.Values)
        {
            // One row a day, each a second before noon, where "now" is noon, and one row of this moment.
            server.Sql(string.Concat(Enumerable.Range(0, 100).Select(day => $"INSERT INTO {string.Format(CultureInfo.InvariantCulture, values, Stored(server, -day, -1), day)};")));
            server.Sql($"INSERT INTO {string.Format(CultureInfo.InvariantCulture, values, Stored(server, 0), "now")}");
        }

        var dry = await CleanAsync(server, dryRun: true);
        foreach (var (table, days) in expected)
        {
            Assert.Equal("101", server.Sql($"SELECT count(*) FROM {table}"));
            Assert.Equal(days is null ? 0 : 100 - days.Value, dry.TryGetValue(table, out var would) ? would.Rows : 0);
        }

        Assert.Equal(dry, await CleanAsync(server, dryRun: false));
        foreach (var (table, days) in expected)
        {
            Assert.Equal(days is null ? "101" : $"{days + 1}", server.Sql($"SELECT count(*) FROM {table}"));
            Assert.Equal(Stored(server, days is null ? -99 : 1 - days.Value, -1), server.Sql($"SELECT min(timestamp) FROM {table}"));
        }

        Assert.All((await CleanAsync(server, dryRun: false)).Values, static done => Assert.Equal(0, done.Rows));
    }

    [OnlyOnSqlite("a time has one spelling in PostgreSQL")]
    [Fact]
    public async Task Every_spelling_of_a_time_is_read_and_a_row_never_goes_too_early()
    {
        await using var server = await TestServer.StartAsync();
        var edge = TestServer.Start.AddDays(-30);
        string Spell(TimeSpan from, string format, double zone = 0) => (edge + from).ToOffset(TimeSpan.FromHours(zone)).ToString(format, CultureInfo.InvariantCulture);
        var second = TimeSpan.FromSeconds(1);
        var hour = TimeSpan.FromHours(1);
        string[] old =
        [
            Spell(-second, "yyyy-MM-dd HH:mm:ss"), Spell(-second, "yyyy-MM-ddTHH:mm:ss.ffffff"), Spell(-second, "yyyy-MM-ddTHH:mm:ssZ"), Spell(-hour, "yyyy-MM-dd HH:mm"),
            Spell(-second, "yyyy-MM-dd"), Spell(-TimeSpan.FromMilliseconds(1), "yyyy-MM-dd HH:mm:ss.fff"), Spell(-second, "yyyy-MM-dd HH:mm:sszzz", -5), "0001-01-01",
            Spell(-TimeSpan.FromDays(1), "yyyy-MM-ddTHH:mm:ss.ffffffzzz", 5.5),
        ];
        string[] young =
        [
            Spell(second, "yyyy-MM-dd HH:mm:ss"), Spell(TimeSpan.Zero, "yyyy-MM-ddTHH:mm:ss"), Spell(TimeSpan.FromMilliseconds(0.001), "yyyy-MM-dd HH:mm:ss.ffffff"),

            // The text of these times looks old enough by hours, but the times themselves are not.
            Spell(hour, "yyyy-MM-dd HH:mm:sszzz", -11), Spell(hour, "yyyy-MM-ddTHH:mm:ss.ffffffzzz", -5), Spell(second, "yyyy-MM-ddTHH:mmzzz", -1),
            "", "soon", "1759838400", "2025-02-30 12:00:00", "0", "2024", "2024-1-1", "12/31/2024", "9999-12-31",
        ];
        foreach (var time in old.Concat(young))
        {
            server.Sql($"INSERT INTO signals(timestamp, trading_pair, signal_type, signal_strength, price) VALUES ('{time}', 'A/B', 'BUY', 1, 1)");
        }

        server.Sql("INSERT INTO signals(timestamp, trading_pair, signal_type, signal_strength, price) VALUES (NULL, 'A/B', 'BUY', 1, 1), (1500000000, 'A/B', 'BUY', 1, 1), (2450000.5, 'A/B', 'BUY', 1, 1), (x'323031352d30312d30312031323a30303a3030', 'A/B', 'BUY', 1, 1)");
        Assert.Equal(old.Length, (await CleanAsync(server, dryRun: true))["signals"].Rows);
        Assert.Equal(old.Length, (await CleanAsync(server, dryRun: false))["signals"].Rows);
        Assert.Equal($"{young.Length + 4}", server.Sql("SELECT count(*) FROM signals"));
        foreach (var time in young)
        {
            Assert.True(server.Sql($"SELECT count(*) FROM signals WHERE timestamp = '{time}'") == "1", time);
        }
    }

    [Fact]
    public async Task A_signal_or_analysis_that_a_trade_or_decision_refers_to_stays()
    {
        await using var server = await TestServer.StartAsync(("AGENT_DECISIONS_RETENTION_DAYS", "30"));
        var old = Stored(server, -40);
        server.Sql(string.Concat(Enumerable.Range(1, 10).Select(id => $"INSERT INTO signals(id, timestamp, trading_pair, signal_type, signal_strength, price) VALUES ({id}, '{old}', 'A/B', 'BUY', 1, 1);")));
        server.Sql($"INSERT INTO trades(timestamp, trading_pair, side, entry_price, quantity, signal_id) VALUES ('{old}', 'A/B', 'BUY', 1, 1, 3), ('{old}', 'A/B', 'BUY', 1, 1, NULL)");
        server.Sql($"INSERT INTO agent_decisions(timestamp, agent_name, agent_role, decision_type, decision, signal_id) VALUES ('{old}', 'a', 'b', 'c', 'd', 5), ('{old}', 'a', 'b', 'c', 'd', NULL)");
        foreach (var signal in new[] { "3", "5", "7", "4711", "NULL" })
        {
            server.Sql($"INSERT INTO chart_analyses(timestamp, trading_pair, timeframe, signal_id) VALUES ('{old}', 'A/B', '1h', {signal})");
        }

        // Orphans, as seed files have them: they must not stop anything. PostgreSQL refuses them.
        var orphans = TestEngine.IsPostgres ? 0 : 1;
        server.Sql(TestEngine.IsPostgres ? "SELECT 1" : $"PRAGMA foreign_keys=OFF; INSERT INTO trades(timestamp, trading_pair, side, entry_price, quantity, signal_id) VALUES ('{old}', 'A/B', 'BUY', 1, 1, 4711); INSERT INTO spike_events(timestamp, trading_pair, spike_type, direction, magnitude_percent, timeframe_minutes, price_from, price_to, trade_id) VALUES ('{old}', 'A/B', 'x', 'pump', 1, 1, 1, 1, 4711)");
        var dry = await CleanAsync(server, dryRun: true);
        Assert.Equal((8, 2), (dry["signals"].Rows, dry["signals"].Kept));
        Assert.Equal((3 - orphans, 2 + orphans), (dry["chart_analyses"].Rows, dry["chart_analyses"].Kept));
        Assert.Equal(dry, await CleanAsync(server, dryRun: false));
        Assert.Equal("3,5", server.Sql(TestEngine.Joined("id", "SELECT id FROM signals ORDER BY id")));
        Assert.Equal(orphans == 0 ? "3,5" : "3,5,4711", server.Sql(TestEngine.Joined("signal_id", "SELECT signal_id FROM chart_analyses ORDER BY id")));
        Assert.Equal($"{2 + orphans}", server.Sql("SELECT count(*) FROM trades"));

        // The decision that held signal 5 is gone now, and nothing holds the signal any more.
        Assert.Equal((1, 1), (Rows(await CleanAsync(server, dryRun: false), "signals"), (await CleanAsync(server, dryRun: false))["signals"].Kept));
        Assert.Equal("3", server.Sql(TestEngine.Joined("id", "SELECT id FROM signals")));
    }

    [Fact]
    public async Task The_first_balance_and_the_newest_report_in_each_mode_of_a_bot_stay()
    {
        await using var server = await TestServer.StartAsync();
        foreach (var (day, mode, balance) in new[]
        {
            (-50, "'paper'", 100), (-49, "'paper'", 110), (-48, "'AUTO'", 1000), (-47, "'auto'", 1100), (-46, "NULL", 5), (-45, "NULL", 6), (-44, "'auto'", 1200),
        })
        {
            server.Sql($"INSERT INTO bot_status(timestamp, bot_name, status, balance, mode) VALUES ('{Stored(server, day)}', 'a', 'running', {balance}, {mode})");
        }

        Assert.Equal(1, (await CleanAsync(server, dryRun: false))["bot_status"].Rows);
        Assert.Equal("100,110,1000,5,6,1200", server.Sql(TestEngine.Joined("CAST(balance AS INTEGER)", "SELECT balance FROM bot_status ORDER BY id")));
    }

    [Fact]
    public async Task The_first_and_the_newest_balance_and_the_newest_report_of_each_bot_stay_and_performance_stays_as_it_was()
    {
        await using var server = await TestServer.StartAsync();

        // A column of money of PostgreSQL takes none of these two.
        var (word, huge) = TestEngine.IsPostgres ? ("NULL", "NULL") : ("'cheap'", "9e99");
        foreach (var (bot, day, balance) in new[]
        {
            ("a", -50, "NULL"), ("a", -49, word), ("a", -48, huge), ("a", -47, "1000.5"), ("a", -46, "2000"), ("a", -45, "NULL"),
            ("b", -40, "NULL"), ("b", -39, "NULL"),
            ("c", -60, "7"),
            ("d", -30, "50"), ("d", -20, "60"), ("d", -1, "70"),
        })
        {
            server.Sql($"INSERT INTO bot_status(timestamp, bot_name, status, balance) VALUES ('{Stored(server, day)}', '{bot}', 'running', {balance})");
        }

        server.Sql($"INSERT INTO trades(timestamp, trading_pair, side, entry_price, exit_price, quantity, pnl, status, closed_at) VALUES ('{Stored(server, -40)}', 'A/B', 'BUY', 1, 2, 1, 1, 'closed', '{Stored(server, -39)}')");
        var before = (await server.GetAsync("/api/performance"))["data"]!.ToJsonString();
        var latest = (await server.GetAsync("/api/bot-status?bot_name=b"))["data"]!.ToJsonString();
        Assert.Equal(5, (await CleanAsync(server, dryRun: true))["bot_status"].Rows);
        Assert.Equal(5, (await CleanAsync(server, dryRun: false))["bot_status"].Rows);
        Assert.Equal("a 10005,a 20000,a -1,b -1,c 70,d 500,d 700", server.Sql(TestEngine.Joined("bot_name || ' ' || tenths", "SELECT bot_name, coalesce(CAST(balance * 10 AS INTEGER), -1) AS tenths FROM bot_status ORDER BY bot_name, timestamp")));
        Assert.Equal(before, (await server.GetAsync("/api/performance"))["data"]!.ToJsonString());
        Assert.Equal(latest, (await server.GetAsync("/api/bot-status?bot_name=b"))["data"]!.ToJsonString());
    }

    [Fact]
    public async Task News_go_by_their_age_but_not_while_they_are_still_served()
    {
        await using var server = await TestServer.StartAsync();
        foreach (var (url, day, expires) in new[]
        {
            ("old-expired", -8, $"'{Stored(server, 0, -1)}'"), ("old-without", -8, "NULL"), ("old-served", -8, $"'{Stored(server, 0, 1)}'"), ("old-offset", -8, "'2026-03-02T07:30:00-05:00'"),
            ("old-unreadable", -8, TestEngine.IsPostgres ? "'infinity'" : "'soon'"), ("young-expired", -6, $"'{Stored(server, -5)}'"),
        })
        {
            server.Sql($"INSERT INTO news_cache(timestamp, article_url, cache_expires_at) VALUES ('{Stored(server, day)}', '{url}', {expires})");
        }

        Assert.Equal(2, (await CleanAsync(server, dryRun: false))["news_cache"].Rows);
        Assert.Equal("old-offset,old-served,old-unreadable,young-expired", server.Sql(TestEngine.Joined("article_url", "SELECT article_url FROM news_cache ORDER BY 1")));
    }

    [Fact]
    public async Task More_rows_than_a_page_of_one_second_go_and_those_that_stay_are_passed_once()
    {
        await using var server = await TestServer.StartAsync();
        server.Sql($"WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 7000) INSERT INTO signals(id, timestamp, trading_pair, signal_type, signal_strength, price) SELECT i, '{Stored(server, -40)}', 'A/B', 'BUY', 1, 1 FROM n");
        server.Sql($"INSERT INTO trades(timestamp, trading_pair, side, entry_price, quantity, signal_id) SELECT '{Stored(server, -40)}', 'A/B', 'BUY', 1, 1, id FROM signals WHERE id <= 4500");
        Assert.Equal((2500, 4500), (await CleanAsync(server, dryRun: true)) is var dry ? (dry["signals"].Rows, dry["signals"].Kept) : default);
        Assert.Equal(2500, (await CleanAsync(server, dryRun: false))["signals"].Rows);
        Assert.Equal("4500", server.Sql("SELECT count(*) FROM signals"));
    }

    [Fact]
    public async Task Seed_files_in_every_state_are_cleaned_and_keep_their_other_rows()
    {
        foreach (var state in Enum.GetValues<SeedState>())
        {
            using var folder = new TemporaryFolder();
            await SeedDatabase.CreateAsync(folder.File("trading_bot.db"), state);
            var (code, _, error) = await ServerProcess.RunAsync(folder, ["cleanup"], ("BACKUP_DIR", folder.File("backups")));
            Assert.Equal(1, code);
            Assert.Contains("pilothouse migrate", error, StringComparison.Ordinal);
            await ServerProcess.RunAsync(folder, ["migrate"], ("BACKUP_DIR", folder.File("backups")));
            var trades = await Tool.SqliteAsync(folder.File("trading_bot.db"), "SELECT * FROM trades; SELECT * FROM spike_events; SELECT * FROM agent_decisions;");
            (code, var output, error) = await ServerProcess.RunAsync(folder, ["cleanup"], ("BACKUP_DIR", folder.File("backups")), ("BOT_STATUS_RETENTION_DAYS", "0"));
            Assert.True(code == 0, error);

            // Of six rows three have a time that can be read; signal 1 has trades. NULL, a number and 'soon' stay.
            Assert.Equal("4|3|3|6", await Tool.SqliteAsync(folder.File("trading_bot.db"), "SELECT (SELECT count(*) FROM signals), (SELECT count(*) FROM cost_analytics), (SELECT count(*) FROM chart_analyses), (SELECT count(*) FROM bot_status);"));
            Assert.Equal(trades, await Tool.SqliteAsync(folder.File("trading_bot.db"), "SELECT * FROM trades; SELECT * FROM spike_events; SELECT * FROM agent_decisions;"));
            Assert.Contains("cost_analytics", output, StringComparison.Ordinal);
            Assert.Equal("ok", await Tool.IntegrityAsync(folder.File("trading_bot.db")));
        }
    }

    internal static async Task<Dictionary<string, CleanedTable>> CleanAsync(TestServer server, bool dryRun) =>
        (await new Cleanup(server.Services.GetRequiredService<Database>(), server.Services.GetRequiredService<Settings>().Retention, server.Clock).RunAsync(dryRun, TestContext.Current.CancellationToken))
        .ToDictionary(static table => table.Table);

    internal static string Stored(TestServer server, int days, int seconds = 0) => Timestamps.ToStored(server.Clock.GetUtcNow().AddDays(days).AddSeconds(seconds));

    private static long Rows(Dictionary<string, CleanedTable> done, string table) => done[table].Rows;
}

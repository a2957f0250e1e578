using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Pilothouse.Configuration;
using Pilothouse.Retention;
using Pilothouse.Storage;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Storage;

/// <summary>
/// With FOREIGN_TIME_ZONE, a time without a zone that another program stores is that zone's local time wherever the server reads it, and stays as it
/// is for the program that wrote it.
/// </summary>
public sealed class ForeignTimeTests
{
    private const string Insert = "INSERT INTO trades(timestamp, trading_pair, side, entry_price, quantity, pnl, status, closed_at, bot_name)";
    private static readonly (string, string) Berlin = ("FOREIGN_TIME_ZONE", "Europe/Berlin");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("2026-01-15 13:00:00.123456", "2026-01-15T12:00:00.123456+00:00")]
    [InlineData("2026-07-15 14:00:00.123456", "2026-07-15T12:00:00.123456+00:00")]
    [InlineData("2026-07-15 14:00:00", "2026-07-15T12:00:00+00:00")]
    [InlineData("2026-07-15 14:00:00.500", "2026-07-15T12:00:00.500+00:00")]
    [InlineData("2026-07-15T14:00:00,25", "2026-07-15T12:00:00.250+00:00")]
    [InlineData("2026-07-15 14:00", "2026-07-15T12:00:00+00:00")]
    [InlineData("2026-07-15", "2026-07-14T22:00:00+00:00")]
    [InlineData("2026-01-01 00:30:00", "2025-12-31T23:30:00+00:00")]
    [InlineData("2026-07-15 14:00:00.5+02:00", "2026-07-15T12:00:00.500+00:00")]
    [InlineData("2026-07-15T14:00:00Z", "2026-07-15T14:00:00+00:00")]
    [InlineData("2026-03-29 01:59:59.999999", "2026-03-29T00:59:59.999999+00:00")]
    [InlineData("2026-03-29 02:30:00", "2026-03-29T01:30:00+00:00")]
    [InlineData("2026-03-29 03:00", "2026-03-29T01:00:00+00:00")]
    [InlineData("2025-10-26 01:59:59.9", "2025-10-25T23:59:59.900+00:00")]
    [InlineData("2025-10-26 02:00:00", "2025-10-26T00:00:00+00:00")]
    [InlineData("2025-10-26 02:59:59.999999", "2025-10-26T00:59:59.999999+00:00")]
    [InlineData("2025-10-26 03:00:00", "2025-10-26T02:00:00+00:00")]
    [InlineData("2026-02-30 10:00:00", null)]
    [InlineData("2026-07-15 24:00:00", null)]
    [InlineData("some day", null)]
    public async Task A_local_time_is_answered_in_UTC_and_stays_in_the_file_as_it_was_written(string written, string? answered)
    {
        await using var server = await TestServer.StartAsync(Berlin);
        await Tool.SqliteAsync(server.DatabasePath, $"{Insert} VALUES ('{written}', 'A/B', 'BUY', 1, 1, 0, 'closed', '{written}', NULL)");
        await Tool.SqliteAsync(server.DatabasePath, $"{Insert} VALUES ('2020-01-01', 'A/B', 'BUY', 1, 1, 0, 'open', NULL, NULL)");
        await Tool.SqliteAsync(server.DatabasePath, $"UPDATE trades SET timestamp = '{written}', closed_at = '{written}', status = 'closed' WHERE id = 2");
        foreach (var trade in (await server.GetAsync("/api/trades"))["data"]!.AsArray())
        {
            Assert.Equal((answered, answered), ((string?)trade!["timestamp"], (string?)trade["closed_at"]));
        }

        Assert.Equal($"{written}|{written}\n{written}|{written}", await Tool.SqliteAsync(server.DatabasePath, "SELECT timestamp, closed_at FROM trades"));
        Assert.Equal("trades 1 closed,trades 2 opened,trades 2 closed", Log(server));
    }

    /// <summary>A statement that reads the text alone would take a local time for UTC: time_of and time_key look at both.</summary>
    [Fact]
    public void Every_statement_that_reads_a_time_of_a_record_reads_its_UTC()
    {
        // What Import reads is the file of another program, without our columns.
        var sources = Directory.GetFiles(Repository.PathOf("src", "Pilothouse"), "*.cs", SearchOption.AllDirectories)
            .Where(static path => !path.Contains("/Storage/", StringComparison.Ordinal) && !path.Contains("/Import/", StringComparison.Ordinal) && !path.Contains("/obj/", StringComparison.Ordinal));
        var bare = sources.SelectMany(static path => File.ReadLines(path)
            .Where(static line => line.Contains("SELECT ", StringComparison.Ordinal) && !line.Contains("SELECT max(timestamp)", StringComparison.Ordinal)
                && System.Text.RegularExpressions.Regex.IsMatch(line[line.IndexOf("SELECT ", StringComparison.Ordinal)..], @"(?<![@(\w.])(\w+\.)?(timestamp|closed_at)\b"))
            .Select(line => $"{Path.GetFileName(path)}: {line.Trim()}"));
        Assert.Empty(bare);
    }

    [Fact]
    public async Task The_columns_beside_times_are_those_of_the_declaration()
    {
        await using var server = await TestServer.StartAsync();
        var there = server.Sql("SELECT group_concat(t.name || '.' || c.name) FROM sqlite_master AS t, pragma_table_info(t.name) AS c WHERE t.type = 'table' AND c.name LIKE '%\\_utc' ESCAPE '\\'");
        Assert.Equal(
            ForeignTimes.Tables.SelectMany(static table => table.Columns.Select(column => $"{table.Name}.{column}{ForeignTimes.Suffix}")).Order(StringComparer.Ordinal),
            there!.Split(',').Order(StringComparer.Ordinal));

        // Rows of these tables are written by us or by our triggers, with the UTC.
        Assert.Equal("0", server.Sql("SELECT count(*) FROM sqlite_master WHERE tbl_name NOT IN ('audit_log', 'news_assets', 'alerts', 'webhook_deliveries', 'consent_requests', 'breaker_refusals') AND sql LIKE '%coalesce(replace(replace(%'"));
    }

    [Fact]
    public async Task Without_the_setting_a_naive_time_is_in_UTC()
    {
        await using var server = await TestServer.StartAsync();
        await Tool.SqliteAsync(server.DatabasePath, $"{Insert} VALUES ('2026-01-15 13:00:00.123456', 'A/B', 'BUY', 1, 1, 0, 'open', NULL, NULL)");
        Assert.Equal("2026-01-15T13:00:00.123456+00:00", (string?)(await server.GetAsync("/api/trades/1"))["data"]!["timestamp"]);
        Assert.Equal("0", server.Sql("SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND name LIKE '%local%'"));
    }

    [Theory]
    [InlineData("Berlin")]
    [InlineData("+02:00")]
    [InlineData("/etc/localtime")]
    [InlineData("../UTC")]
    public void What_is_no_zone_stops_the_start(string value)
    {
        using var folder = new TemporaryFolder();
        var error = Assert.Throws<SettingsException>(() => TestServer.SettingsFor(folder, ("FOREIGN_TIME_ZONE", value)));
        Assert.Equal($"FOREIGN_TIME_ZONE={value}: allowed is a time zone such as Europe/Berlin.", error.Message);
    }

    [Fact]
    public async Task What_SQLite_itself_puts_there_is_in_UTC()
    {
        await using var server = await TestServer.StartAsync(Berlin);
        await Tool.SqliteAsync(server.DatabasePath, """
            INSERT INTO trades(trading_pair, side, entry_price, quantity) VALUES ('A/B', 'BUY', 1, 1);
            UPDATE trades SET status = 'closed', closed_at = CURRENT_TIMESTAMP;
            INSERT INTO trades(timestamp, trading_pair, side, entry_price, quantity) VALUES (strftime('%Y-%m-%d %H:%M:%f', 'now'), 'A/B', 'BUY', 1, 1);
            INSERT INTO trades(timestamp, trading_pair, side, entry_price, quantity) VALUES (datetime('now', '-1 day'), 'A/B', 'BUY', 1, 1);
            """);
        Assert.Equal("0|0\n0|0\n1|0", await Tool.SqliteAsync(server.DatabasePath, "SELECT timestamp_utc IS NOT NULL, closed_at_utc IS NOT NULL FROM trades"));
        Assert.Equal(server.Sql("SELECT replace(closed_at, ' ', 'T') || '+00:00' FROM trades WHERE id = 1"), (string?)(await server.GetAsync("/api/trades/1"))["data"]!["closed_at"]);
    }

    [Fact]
    public async Task Of_an_hour_that_is_there_twice_the_second_is_meant_while_it_passes()
    {
        await using var server = await TestServer.StartAsync(Berlin);

        // The clocks went back half an hour ago, from two hours before UTC to one: the hour is there for the second time.
        server.Sql("""
            DELETE FROM foreign_time_offsets;
            INSERT INTO foreign_time_offsets(local_from, offset_seconds, again_seconds, zone) VALUES ('', 7200, NULL, 'x'),
              (datetime('now', '+30 minutes'), 7200, 3600, 'x'), (datetime('now', '+90 minutes'), 3600, NULL, 'x');
            """);
        await Tool.SqliteAsync(server.DatabasePath, """
            INSERT INTO bot_status(timestamp, bot_name, status) VALUES (datetime('now', '+59 minutes') || '.5', 'second', 'running');
            INSERT INTO bot_status(timestamp, bot_name, status) VALUES (datetime('now', '+80 minutes') || '.5', 'first', 'running');
            INSERT INTO bot_status(timestamp, bot_name, status) VALUES (datetime('now', '+20 minutes') || '.5', 'before', 'running');
            """);
        Assert.Equal("second|1\nfirst|40\nbefore|100", await Tool.SqliteAsync(server.DatabasePath,
            "SELECT bot_name, CAST(round((strftime('%s', 'now') - strftime('%s', timestamp_utc)) / 60.0) AS INTEGER) FROM bot_status"));
    }

    [Fact]
    public async Task A_bot_reads_back_what_it_wrote_while_lists_filters_and_figures_are_in_UTC()
    {
        await using var server = await TestServer.StartAsync(Berlin);

        // Ours at 10:30 and 11:30 UTC; the bot's at 10:00, 11:00 and 12:00 UTC, which are noon to two o'clock there.
        await server.PostAsync("/api/trades", """{"trading_pair":"O/B","side":"BUY","entry_price":1,"quantity":1,"timestamp":"2025-07-01T10:30:00Z"}""");
        await server.PostAsync("/api/trades", """{"trading_pair":"O/B","side":"BUY","entry_price":1,"quantity":1,"timestamp":"2025-07-01T11:30:00Z"}""");
        Assert.Equal(0, (int)(await server.GetAsync("/api/performance"))["data"]!["total_trades"]!);
        await Tool.PythonAsync("""
            import datetime, sqlite3, sys
            db = sqlite3.connect(sys.argv[1])
            for hour in (12, 13, 14):
                opened = datetime.datetime(2025, 7, 1, hour, 0, 0, 1)
                db.execute("INSERT INTO trades(timestamp, trading_pair, side, entry_price, quantity) VALUES (?, 'T/B', 'BUY', 1, 1)", (str(opened),))
            db.commit()
            row, text = db.execute("SELECT id, timestamp FROM trades WHERE trading_pair = 'T/B' ORDER BY timestamp DESC").fetchone()
            assert datetime.datetime.fromisoformat(text) == opened, text
            # 00:30 there on July 2 is still July 1 in UTC.
            db.execute("UPDATE trades SET timestamp = ?, status = 'closed', pnl = 5, exit_price = 6, closed_at = ? WHERE id = ?",
                       (text, str(datetime.datetime(2025, 7, 2, 0, 30, 0, 250000)), row))
            db.commit()
            """, server.DatabasePath);

        Assert.Equal("5 2 4 1 3", await IdsAsync(server, "/api/trades"));
        var ids = new List<string>();
        string? cursor = null;
        do
        {
            var page = await server.GetAsync("/api/trades?limit=2" + (cursor is null ? "" : $"&cursor={cursor}"));
            ids.Add(Ids(page));
            cursor = (string?)page["next_cursor"];
        }
        while (cursor is not null);
        Assert.Equal(["5 2", "4 1", "3"], ids);
        Assert.Equal("2 4", await IdsAsync(server, "/api/trades?from_date=2025-07-01T11:00:00Z&to_date=2025-07-01T11:59:00Z"));
        Assert.Equal("5", await IdsAsync(server, "/api/trades?closed_from=2025-07-01T22:30:00Z&closed_to=2025-07-01T22:31:00Z"));
        Assert.Equal("", await IdsAsync(server, "/api/trades?closed_from=2025-07-01T23:00:00Z"));

        // It was asked before, so it follows the log of changes; and again from all trades, by a window.
        foreach (var (query, trades) in new[] { ("", 1), ("?to_date=2025-07-01", 1), ("?from_date=2025-07-01T22:30:00Z&to_date=2025-07-01T23:00:00Z", 1), ("?from_date=2025-07-02", 0) })
        {
            Assert.Equal(trades, (int)(await server.GetAsync("/api/performance" + query))["data"]!["total_trades"]!);
        }

        Assert.Equal("trades 3 opened,trades 4 opened,trades 5 opened,trades 5 closed", Log(server)["trades 1 opened,trades 2 opened,".Length..]);
    }

    [Fact]
    public async Task The_servers_own_times_are_never_read_as_local()
    {
        await using var server = await TestServer.StartAsync(Berlin);
        await Tool.SqliteAsync(server.DatabasePath, $"{Insert} VALUES ('2026-01-15 13:00:00', 'T/B', 'BUY', 1, 1, 0, 'open', NULL, NULL)");
        await server.PostAsync("/api/trades", """{"trading_pair":"O/B","side":"BUY","entry_price":1,"quantity":1,"timestamp":"2026-01-15T13:00:00.123456Z"}""");
        await server.PostAsync("/api/bot-status", """{"bot_name":"ours","status":"running","timestamp":"2026-01-15T13:00:00Z"}""");
        await server.PostAsync("/api/signals/batch", """{"items":[{"trading_pair":"A/B","signal_type":"BUY","signal_strength":1,"price":1}]}""");
        await server.PostAsync("/api/trades/1/close", """{"exit_price":2,"closed_at":"2026-01-15T12:30:00Z"}""", 200);
        await server.PostAsync("/api/trades/2/close", """{"exit_price":2,"closed_at":"2026-01-15T13:30:00Z"}""", 200);
        Assert.Equal("2026-01-15T12:00:00+00:00 2026-01-15T12:30:00+00:00", await TimesAsync(server, 1));
        Assert.Equal("2026-01-15T13:00:00.123+00:00 2026-01-15T13:30:00+00:00", await TimesAsync(server, 2));

        // A bot that changes another column of ours, or writes a time back as it was, changes no time.
        await Tool.SqliteAsync(server.DatabasePath, "UPDATE trades SET timestamp = timestamp, closed_at = closed_at || '', leverage = 3");
        Assert.Equal("2026-01-15T13:00:00.123+00:00 2026-01-15T13:30:00+00:00", await TimesAsync(server, 2));

        // It closes one of ours: that time is its own.
        await Tool.SqliteAsync(server.DatabasePath, "UPDATE trades SET closed_at = '2026-01-15 15:00:00.000001' WHERE id = 2");
        Assert.Equal("2026-01-15T13:00:00.123+00:00 2026-01-15T14:00:00.000001+00:00", await TimesAsync(server, 2));

        // And its owner puts it right.
        Assert.Equal(200, (await server.Client.SendAsync("PATCH", "/api/trades/2", """{"closed_at":"2026-01-15T13:45:00Z","reason":"as the exchange has it"}""")).Status);
        Assert.Equal("2026-01-15T13:00:00.123+00:00 2026-01-15T13:45:00+00:00", await TimesAsync(server, 2));
        Assert.Equal("0", server.Sql("SELECT count(*) FROM server_writes"));
        Assert.Equal("0", server.Sql("SELECT count(*) FROM signals, bot_status WHERE signals.timestamp_utc IS NOT NULL OR bot_status.timestamp_utc IS NOT NULL"));
    }

    [Fact]
    public async Task The_newest_report_of_a_bot_and_what_retention_deletes_go_by_UTC()
    {
        await using var server = await TestServer.StartAsync(Berlin, ("BOT_STATUS_RETENTION_DAYS", "10"));

        // By its text the first is the newest; the clock stands at noon of March 2, UTC.
        await Tool.SqliteAsync(server.DatabasePath, """
            INSERT INTO bot_status(timestamp, bot_name, status) VALUES ('2026-03-02 12:30:00.000001', 'b', 'stopped'), ('2026-03-02T11:45:00+00:00', 'b', 'running'),
              ('2026-02-20 12:59:00.5', 'b', 'old'), ('2026-02-20 13:01:00.5', 'b', 'young');
            """);
        Assert.Equal("running", (string?)(await server.GetAsync("/api/bot-status?bot_name=b"))["data"]!["status"]);
        var cleanup = new Cleanup(server.Services.GetRequiredService<Database>(), server.Services.GetRequiredService<Settings>().Retention, server.Clock);
        await cleanup.RunAsync(dryRun: false, Cancel);
        Assert.Equal("stopped,running,young", server.Sql("SELECT group_concat(status) FROM bot_status"));
    }

    [Fact]
    public async Task Rows_from_before_the_setting_are_read_as_local_only_where_nobody_else_can_have_written_them()
    {
        var before = await TestServer.StartAsync();
        await before.PostAsync("/api/trades", """{"trading_pair":"O/B","side":"BUY","entry_price":1,"quantity":1,"timestamp":"2026-01-15T13:00:00.5Z"}""");
        await Tool.SqliteAsync(before.DatabasePath, $"""
            {Insert} VALUES ('2026-01-15 13:00:00.123456', 'T/B', 'BUY', 1, 1, 1, 'closed', '2026-07-15T14:00:00', NULL),
              ('2026-01-15 13:00:00', 'T/B', 'BUY', 1, 1, 1, 'closed', '2026-01-15 13:30:00.25+00:00', NULL);
            """);
        var server = await before.RestartAsync(Berlin);
        await WaitForBacklogAsync(server);
        Assert.Equal("2026-01-15T13:00:00.500+00:00 ", await TimesAsync(server, 1));
        Assert.Equal("2026-01-15T12:00:00.123456+00:00 2026-07-15T12:00:00+00:00", await TimesAsync(server, 2));
        Assert.Equal("2026-01-15T13:00:00+00:00 2026-01-15T13:30:00.250+00:00", await TimesAsync(server, 3));
        Assert.Equal("1 2", server.Sql("SELECT converted || ' ' || left_alone FROM foreign_time_backlog WHERE table_name = 'trades'"));

        // Again: nothing is read twice.
        var log = Log(server);
        server = await server.RestartAsync(Berlin);
        await WaitForBacklogAsync(server);
        Assert.Equal(log, Log(server));
        Assert.Equal("2026-01-15T12:00:00.123456+00:00 2026-07-15T12:00:00+00:00", await TimesAsync(server, 2));

        // Without the setting what is known stays known, and a time that is written anew is in UTC.
        server = await server.RestartAsync();
        Assert.Equal("2026-01-15T12:00:00.123456+00:00 2026-07-15T12:00:00+00:00", await TimesAsync(server, 2));
        await Tool.SqliteAsync(server.DatabasePath, $"UPDATE trades SET closed_at = '2026-07-15 15:00:00.5' WHERE id = 2; {Insert} VALUES ('2026-01-15 13:00:00.000001', 'T/B', 'BUY', 1, 1, 1, 'open', NULL, NULL)");
        Assert.Equal("2026-01-15T12:00:00.123456+00:00 2026-07-15T15:00:00.500+00:00", await TimesAsync(server, 2));
        Assert.Equal("2026-01-15T13:00:00.000001+00:00 ", await TimesAsync(server, 4));
        await server.DisposeAsync();
    }

    [Fact]
    public async Task Beside_bots_that_write_and_a_server_that_is_killed_no_time_is_lost_or_read_twice()
    {
        using var folder = new TemporaryFolder();
        var database = folder.File("trading_bot.db");
        (string, string)[] settings = [("BACKUP_DIR", folder.File("backups")), ("ENABLE_AUTO_BACKUP", "false"), Berlin];
        await using (var first = await ServerProcess.ServeAsync(folder, [.. settings[..2]]))
        {
        }

        await Tool.PythonAsync(Bot, database, "before", "6000", "0");
        var bot = Tool.PythonAsync(Bot, database, "beside", "400", "0.005");
        for (var i = 0; i < 3; i++)
        {
            await using var killed = await ServerProcess.ServeAsync(folder, settings);
            await Task.Delay(150, Cancel);
            await killed.KillAsync();
        }

        await using var server = await ServerProcess.ServeAsync(folder, settings);
        await bot;
        for (var tries = 0; await Tool.SqliteAsync(database, "SELECT count(*) FROM foreign_time_backlog WHERE done_id < last_id") != "0" && tries < 300; tries++)
        {
            await Task.Delay(50, Cancel);
        }

        Assert.Equal("12800|6400", await Tool.SqliteAsync(database, "SELECT count(timestamp_utc) + count(closed_at_utc), count(*) FROM trades"));
        await Tool.PythonAsync("""
            import datetime, sqlite3, sys, zoneinfo
            zone = zoneinfo.ZoneInfo("Europe/Berlin")
            for row in sqlite3.connect(sys.argv[1]).execute("SELECT timestamp, timestamp_utc, closed_at, closed_at_utc FROM trades"):
                for local, utc in (row[:2], row[2:]):
                    expected = datetime.datetime.fromisoformat(local).replace(tzinfo=zone).astimezone(datetime.timezone.utc)
                    assert datetime.datetime.fromisoformat(utc + "+00:00") == expected, (local, utc)
            """, database);
        Assert.Equal("0|ok", await Tool.SqliteAsync(database, "SELECT (SELECT count(*) FROM server_writes), (SELECT integrity_check FROM pragma_integrity_check)"));
    }

    /// <summary>Opens trades in steps of 97 minutes through two years, and closes each, in transactions of their own while a server runs.</summary>
    private const string Bot = """
        import datetime, sqlite3, sys, time
        database, name, count, pause = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
        db = sqlite3.connect(database, timeout=30)
        for i in range(count):
            opened = datetime.datetime(2024, 1, 1, 0, 0, 0, 123456) + datetime.timedelta(minutes=97 * i)
            row = db.execute("INSERT INTO trades(timestamp, trading_pair, side, entry_price, quantity, bot_name) VALUES (?, 'A/B', 'BUY', 1, 1, ?)", (str(opened), name)).lastrowid
            if pause:
                db.commit()
                time.sleep(pause)
            db.execute("UPDATE trades SET status = 'closed', pnl = 1, closed_at = ? WHERE id = ?", (str(opened + datetime.timedelta(minutes=31)), row))
            if pause:
                db.commit()
        db.commit()
        """;

    private static async Task WaitForBacklogAsync(TestServer server)
    {
        while (server.Sql("SELECT count(*) FROM foreign_time_backlog WHERE done_id < last_id") != "0")
        {
            await Task.Delay(20, Cancel);
        }
    }

    private static async Task<string> TimesAsync(TestServer server, int id)
    {
        var trade = (await server.GetAsync(string.Create(CultureInfo.InvariantCulture, $"/api/trades/{id}")))["data"]!;
        return $"{(string?)trade["timestamp"]} {(string?)trade["closed_at"]}";
    }

    private static async Task<string> IdsAsync(TestServer server, string path) => Ids(await server.GetAsync(path));

    private static string Ids(JsonObject page) => string.Join(' ', page["data"]!.AsArray().Select(static row => (int)row!["id"]!));

    private static string Log(TestServer server) => server.Sql("SELECT group_concat(table_name || ' ' || row_id || ' ' || kind) FROM (SELECT * FROM changes ORDER BY seq)")!;
}

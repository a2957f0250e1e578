using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Import;

/// <summary>Files that cannot be imported, or only in part, are named, and nothing is half done.</summary>
public sealed class ForeignFileTests
{
    private const string Trades = "CREATE TABLE trades(id INTEGER PRIMARY KEY, exchange TEXT, pair TEXT, is_open INTEGER, fee_open REAL, fee_close REAL, open_rate REAL, close_rate REAL, close_profit_abs REAL, stake_amount REAL, amount REAL, open_date TEXT, close_date TEXT);";

    [Theory]
    [InlineData("freqtrade", "", "is empty")]
    [InlineData("freqtrade", "id,pair\n1,BTC/USDT\n", "is no database file")]
    [InlineData("flask", "SQLite", "is no database file")]
    [InlineData("freqtrade", "SQLite format 3\0 and then nothing that is a database", "is damaged")]
    [InlineData("csv", "", "is empty")]
    [InlineData("csv", "a,b\n\"x", "No column was found for timestamp, trading_pair, side, entry_price, quantity")]
    [InlineData("csv", "SQLite format 3\0", "has bytes that are no text")]
    public async Task What_is_no_source_is_named(string kind, string content, string sentence)
    {
        await using var server = await TestServer.StartAsync();
        await File.WriteAllTextAsync(server.Folder.File("source"), content, TestContext.Current.CancellationToken);
        await DemandRefusedAsync(server, kind, sentence);
        Assert.Equal(content, await File.ReadAllTextAsync(server.Folder.File("source"), TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("freqtrade", "CREATE TABLE t(a);", "has no table trades")]
    [InlineData("freqtrade", "CREATE TABLE trades(id INTEGER, trading_pair TEXT);", "It is a trading_bot.db")]
    [InlineData("freqtrade", "CREATE TABLE trades(id INTEGER, symbol TEXT);", "`pilothouse import flask` reads those")]
    [InlineData("flask", "CREATE TABLE trades(id INTEGER, trading_pair TEXT);", "the server opens it")]
    [InlineData("flask", Trades, "`pilothouse import freqtrade` reads it")]
    [InlineData("flask", "CREATE TABLE signals(id INTEGER, pair TEXT);", "neither signals nor trades has a column symbol")]
    public async Task A_database_of_something_else_is_named(string kind, string sql, string sentence)
    {
        await using var server = await TestServer.StartAsync();
        await Tool.SqliteAsync(server.Folder.File("source"), sql);
        await DemandRefusedAsync(server, kind, sentence);
    }

    [Fact]
    public async Task A_file_that_is_not_there_is_named()
    {
        await using var server = await TestServer.StartAsync();
        foreach (var kind in new[] { "freqtrade", "flask", "csv" })
        {
            await DemandRefusedAsync(server, kind, "There is no file");
        }
    }

    [Fact]
    public async Task A_locked_file_is_named_and_one_with_its_log_beside_it_is_read_whole()
    {
        await using var server = await TestServer.StartAsync();
        var file = server.Folder.File("source");
        await Tool.SqliteAsync(file, Trades + Row(1));
        using (var holder = await Tool.HoldLockAsync(file, 30, "BEGIN EXCLUSIVE"))
        {
            await DemandRefusedAsync(server, "freqtrade", "is locked by another program");
            holder.Kill();
            await holder.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        await Tool.SqliteAsync(file, "PRAGMA journal_mode = wal;");
        using var writer = Tool.Start("python3", ["-c", $"""
            import sqlite3, sys, time
            db = sqlite3.connect(sys.argv[1], isolation_level=None)
            db.execute("{Row(2)}")
            db.execute("BEGIN IMMEDIATE")
            db.execute("{Row(3)}")
            print("held", flush=True)
            time.sleep(60)
            """, file]);
        Assert.Equal("held", await writer.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));
        Assert.True(new FileInfo(file + "-wal").Length > 0);
        Assert.Equal("2 0 0 0", (await server.ImportAsync("freqtrade", file)).Counts());
        writer.Kill();
        await writer.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Rows_without_what_a_trade_needs_are_left_out_with_the_reason_and_new_columns_are_named()
    {
        await using var server = await TestServer.StartAsync();
        var file = server.Folder.File("source");
        await Tool.SqliteAsync(file, Trades + Row(1) + """
            ALTER TABLE trades ADD COLUMN hedge_mode TEXT;
            INSERT INTO trades(id, pair, is_open, open_rate, amount, open_date) VALUES (2, NULL, 1, 1, 1, '2026-01-01'), (3, 'A/B', 1, NULL, 1, '2026-01-01'),
              (4, 'A/B', 1, 1, 0, '2026-01-01'), (5, 'A/B', 1, 1, 1, 'yesterday'), (6, 'A/B', 0, 1, 1, '2026-01-01'), (7, 'A/B', 1, 1, 1, '2126-01-01'),
              (8, 'A/B', 1, 1, 1, '2026-01-01T10:00:00+02:00'), (9, 'A/B', 1, 9e999, 1, '2026-01-01'), (10, 'A/B', 0, 1, 1, NULL);
            """);
        var report = await server.ImportAsync("freqtrade", file);
        Assert.Equal("2 0 0 8", report.Counts());
        Assert.Equal(
            "2 Its open_date cannot be read; 2 Its open_rate is no price; 1 Its amount is no quantity; 1 Its pair is missing; 1 It is closed without a close_rate; 1 timestamp must not be more than 5 minutes in the future".Split("; ").Order(StringComparer.Ordinal),
            report.LeftOut().Split("; ").Order(StringComparer.Ordinal));
        Assert.Contains("hedge_mode", report["notes"]!.ToJsonString(), StringComparison.Ordinal);
        Assert.Equal("2026-01-01T08:00:00+00:00", (string?)(await server.TradesAsync())["freqtrade:freqtrade:8"]["timestamp"]);
    }

    [Fact]
    public async Task Another_bot_with_the_same_numbers_changes_nothing_and_a_voided_trade_stays_voided()
    {
        await using var server = await TestServer.StartAsync();
        var (file, other) = (server.Folder.File("source"), server.Folder.File("other"));
        await Tool.SqliteAsync(file, Trades + Row(1) + Row(2));
        await Tool.SqliteAsync(other, Trades + Row(1).Replace("BTC/USDT", "ETH/USDT", StringComparison.Ordinal));
        await server.ImportAsync("freqtrade", file);
        var report = await server.ImportAsync("freqtrade", other);
        Assert.Equal("0 0 0 1", report.Counts());
        Assert.Contains("give it a bot name of its own", report.LeftOut(), StringComparison.Ordinal);
        Assert.Equal("1 0 0 0", (await server.ImportAsync("freqtrade", other, "--bot-name", "second")).Counts());

        await server.PostAsync("/api/trades/2/void", """{"reason":"a mistake"}""", 200);
        await Tool.SqliteAsync(file, "UPDATE trades SET close_rate = 120 WHERE id = 2;");
        report = await server.ImportAsync("freqtrade", file);
        Assert.Equal("0 0 1 1", report.Counts());
        Assert.Contains("was voided here", report.LeftOut(), StringComparison.Ordinal);
        Assert.Equal("voided", server.Sql("SELECT status FROM trades WHERE id = 2"));
    }

    private static string Row(int id) =>
        $"INSERT INTO trades(id, pair, is_open, fee_open, fee_close, open_rate, close_rate, amount, open_date, close_date) VALUES ({id}, 'BTC/USDT', 0, 0.001, 0.001, 100, 110, 2, '2026-01-0{id} 10:00:00.000000', '2026-01-0{id} 11:00:00.000000');";

    private static async Task DemandRefusedAsync(TestServer server, string kind, string sentence)
    {
        foreach (var dry in new[] { "--dry-run", "--json" })
        {
            var (code, output, error) = await server.TryImportAsync(kind, server.Folder.File("source"), dry);
            Assert.Equal(1, code);
            Assert.Equal("", output);
            Assert.Contains(sentence, error, StringComparison.Ordinal);
        }

        Assert.Equal("0", server.Sql("SELECT (SELECT count(*) FROM trades) + (SELECT count(*) FROM imported_rows) + (SELECT count(*) FROM audit_log WHERE operation IN ('import', 'beginImport'))"));
    }
}

using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Pilothouse.Retention;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Retention;

/// <summary>A damaged page is found, reported and remembered, and the message says how to restore a backup.</summary>
public sealed class IntegrityTests
{
    // The text to damage is in a column without an index, so that the table itself is damaged.
    private const string Rows = """
        WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
        INSERT INTO signals(trading_pair, signal_type, signal_strength, price, volume) SELECT 'A/B', 'BUY', 1, 1, 'needle-' || i FROM n;
        """;

    [OnlyOnSqlite("damages a page of the file")]
    [Fact]
    public async Task A_page_damaged_in_the_night_is_found_by_the_check_and_a_restart_does_not_make_it_well()
    {
        var server = await TestServer.StartAsync();
        server.Sql(Rows);
        await Maintenance(server).RunAsync(TestContext.Current.CancellationToken);
        Assert.Equal("ok", await StateAsync(server));
        await server.StopAsync();
        Damage(server.DatabasePath, "needle-1500");

        // The file was closed cleanly, so the start checks nothing, and the newest rows can be read.
        server = await TestServer.StartAsync(server.Folder, server.Clock);
        Assert.Equal("ok", await StateAsync(server));
        await server.GetAsync("/api/signals?limit=5");
        server.Sql("INSERT INTO bot_status(timestamp, bot_name, status) VALUES ('2020-01-01', 'a', 'running'), ('2020-01-02', 'a', 'running')");

        // The night that finds the damage still deletes rows. The next night does not touch the file.
        await Maintenance(server).RunAsync(TestContext.Current.CancellationToken);
        Assert.Equal("failed", await StateAsync(server));
        Assert.Equal("1", server.Sql("SELECT count(*) FROM bot_status"));
        server.Sql("INSERT INTO bot_status(timestamp, bot_name, status) VALUES ('2020-01-03', 'a', 'running')");
        await Maintenance(server).RunAsync(TestContext.Current.CancellationToken);
        Assert.Equal("2", server.Sql("SELECT count(*) FROM bot_status"));
        await server.StopAsync();
        Assert.Contains("The database is damaged: ", await File.ReadAllTextAsync(server.Folder.File("logs/mcp_server_error.log"), TestContext.Current.CancellationToken), StringComparison.Ordinal);

        server = await TestServer.StartAsync(server.Folder, server.Clock);
        for (var tries = 0; await StateAsync(server) != "failed"; tries++)
        {
            Assert.True(tries < 200, "it was forgotten");
            await Task.Delay(25, TestContext.Current.CancellationToken);
        }

        await server.DisposeAsync();
    }

    [OnlyOnSqlite("moves the file away")]
    [Fact]
    public async Task A_file_that_is_gone_is_found_by_the_check_and_fails_it()
    {
        await using var server = await TestServer.StartAsync();
        var check = server.Services.GetRequiredService<IntegrityCheck>();
        File.Move(server.DatabasePath, server.DatabasePath + ".away");
        try
        {
            Assert.False(await check.RunAsync(TestContext.Current.CancellationToken));
            Assert.True(check.FoundDamage);
        }
        finally
        {
            File.Move(server.DatabasePath + ".away", server.DatabasePath);
        }
    }

    [OnlyOnSqlite("damages a page of the file")]
    [Fact]
    public async Task A_read_that_comes_upon_a_damaged_page_is_503_and_red_at_once()
    {
        var server = await TestServer.StartAsync();
        server.Sql(Rows);
        await server.StopAsync();
        Damage(server.DatabasePath, "needle-1500");
        server = await TestServer.StartAsync(server.Folder, server.Clock);
        string? cursor = null;
        for (var pages = 0; ; pages++)
        {
            var (status, body) = await server.Client.SendAsync("GET", $"/api/signals?limit=500{(cursor is null ? "" : $"&cursor={cursor}")}");
            if (status == 503)
            {
                Assert.Equal("database-unavailable", (string?)body["code"]);
                break;
            }

            Assert.True(status == 200 && pages < 10);
            cursor = (string?)body["next_cursor"];
        }

        Assert.Equal("failed", await StateAsync(server));
        await server.PostAsync("/api/signals", """{"trading_pair":"A/B","signal_type":"BUY","signal_strength":1,"price":1}""");

        // The damage that the read met is stored, and the whole file is checked at once. A restart remembers it, and nothing is deleted.
        for (var tries = 0; server.Sql("SELECT message FROM maintenance_runs WHERE task = 'integrity' AND good = 0 AND message NOT LIKE 'a request%'")!.Length == 0; tries++)
        {
            Assert.True(tries < 200, "it was not noted");
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }

        await server.StopAsync();
        Assert.Contains("The database is damaged: a request came upon a damaged page", await File.ReadAllTextAsync(server.Folder.File("logs/mcp_server_error.log"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
        await Tool.SqliteAsync(server.DatabasePath, "INSERT INTO bot_status(timestamp, bot_name, status) VALUES ('2020-01-01', 'a', 'running'), ('2020-01-02', 'a', 'running');");
        var (code, _, error) = await ServerProcess.RunAsync(server.Folder, ["cleanup"]);
        Assert.True(code == 1 && error.Contains("is known to be damaged", StringComparison.Ordinal), error);
        Assert.Equal(0, (await ServerProcess.RunAsync(server.Folder, ["cleanup", "--dry-run"])).Code);
        Assert.Equal("2", await Tool.SqliteAsync(server.DatabasePath, "SELECT count(*) FROM bot_status;"));
        Assert.Matches("(?m)^RED +database +The last check found it damaged", (await ServerProcess.RunAsync(server.Folder, ["check"])).Out);
        Assert.Contains("The database is damaged (", (await ServerProcess.RunAsync(server.Folder, ["status"])).Out, StringComparison.Ordinal);
        server = await TestServer.StartAsync(server.Folder, server.Clock);
        for (var tries = 0; await StateAsync(server) != "failed"; tries++)
        {
            Assert.True(tries < 200, "it was forgotten");
            await Task.Delay(25, TestContext.Current.CancellationToken);
        }

        await server.DisposeAsync();
    }

    [Fact]
    public async Task After_a_crash_the_file_is_checked_at_the_start()
    {
        using var folder = new TemporaryFolder();
        await using (var server = await ServerProcess.ServeAsync(folder))
        {
            await Tool.SqliteAsync(folder.File("trading_bot.db"), Rows + "PRAGMA wal_checkpoint(TRUNCATE); INSERT INTO market_context(btc_price) VALUES (1);");
            await server.KillAsync();
        }

        Damage(folder.File("trading_bot.db"), "needle-1500");
        await using var next = await ServerProcess.ServeAsync(folder);
        for (var tries = 0; ; tries++)
        {
            var (_, body) = await next.Client.SendAsync("GET", "/health/ready");
            var check = body["checks"]!.AsArray().Single(static check => (string?)check!["name"] == "integrity")!;
            if ((string?)check["state"] == "failed")
            {
                Assert.Contains("pilothouse backup restore", (string?)check["message"], StringComparison.Ordinal);
                break;
            }

            Assert.True(tries < 400, "it was not found");
            await Task.Delay(25, TestContext.Current.CancellationToken);
        }

        await next.TerminateAsync();
        Assert.Contains("The whole database is checked now. The last end was not clean", await File.ReadAllTextAsync(folder.File("logs/mcp_server.log"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
        var (code, _, error) = await ServerProcess.RunAsync(folder, ["vacuum"]);
        Assert.Equal(1, code);
        Assert.Contains("restore a backup with `pilothouse backup restore`", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 16)]
    [InlineData(16, 84)]
    [InlineData(0, 4096)]
    [InlineData(100, 3996)]
    public async Task A_file_whose_first_page_is_damaged_does_not_start_and_the_sentence_names_the_way_back(int from, int length)
    {
        using var folder = new TemporaryFolder();
        await ServerProcess.RunAsync(folder, ["migrate"]);
        var bytes = await File.ReadAllBytesAsync(folder.File("trading_bot.db"), TestContext.Current.CancellationToken);
        Array.Fill<byte>(bytes, 0xA5, from, length);
        await File.WriteAllBytesAsync(folder.File("trading_bot.db"), bytes, TestContext.Current.CancellationToken);
        var (code, _, error) = await ServerProcess.RunAsync(folder, ["serve"], ("MCP_SERVER_PORT", "0"));
        Assert.Equal(1, code);
        Assert.Contains("`pilothouse backup restore`", error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
        Assert.Equal(bytes, await File.ReadAllBytesAsync(folder.File("trading_bot.db"), TestContext.Current.CancellationToken));
    }

    /// <summary>Overwrites the page in which a text stands.</summary>
    private static void Damage(string path, string needle)
    {
        Assert.False(new FileInfo(path + "-wal") is { Exists: true, Length: > 100_000 }, "the rows must be in the file");
        var bytes = File.ReadAllBytes(path);
        var at = bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(needle));
        Assert.True(at > 4096);
        using var file = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        file.Position = at / 4096 * 4096;
        file.Write(Enumerable.Repeat((byte)0xFF, 4096).ToArray());
    }

    private static NightlyMaintenance Maintenance(TestServer server) => server.Services.GetRequiredService<NightlyMaintenance>();

    private static async Task<string?> StateAsync(TestServer server) =>
        (string?)(await server.GetAsync("/health/ready"))["checks"]!.AsArray().Single(static check => (string?)check!["name"] == "integrity")!["state"];
}

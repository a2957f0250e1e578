using System.Diagnostics;
using System.Security.Cryptography;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Storage;

/// <summary>
/// The database's files are removed, emptied or overwritten under a running server: acknowledged writes are saved where that is possible,
/// no more writes are acknowledged, the server ends with an error, and it does not start again on the remaining files.
/// </summary>
public sealed class LostFileTests
{
    private const string Signal = """{"trading_pair":"A/B","signal_type":"BUY","signal_strength":1,"price":1}""";

    [Theory]
    [InlineData("trading_bot.db-wal")]
    [InlineData("trading_bot.db")]
    public async Task What_the_server_still_has_open_of_a_removed_file_is_saved_as_a_backup(string name)
    {
        using var folder = new TemporaryFolder();
        var (server, key) = await StartAsync(folder, signals: 3);
        await using (server)
        {
            File.Delete(folder.File(name));
            Assert.Equal(503, await PostAsync(server, key));
            var (code, _) = await server.WaitForEndAsync(TimeSpan.FromSeconds(20));
            Assert.Equal(1, code);
        }

        var backup = Assert.Single(Directory.EnumerateFiles(folder.File("backups"), "trading_bot_backup_*.db.gz"));
        Assert.Contains(Path.GetFileName(backup), server.Errors, StringComparison.Ordinal);
        await RefusesToStartAsync(folder, $"`pilothouse backup restore {Path.GetFileName(backup)}`");
        var (restored, output, error) = await ServerProcess.RunAsync(folder, ["backup", "restore", Path.GetFileName(backup), "--yes"]);
        Assert.True(restored == 0, output + error);
        await using var again = await ServerProcess.ServeAsync(folder);
        Assert.Equal(201, await PostAsync(again, key));
        Assert.Equal("4", await Tool.SqliteAsync(folder.File("trading_bot.db"), "SELECT count(*) FROM signals;"));
    }

    [Theory]
    [InlineData("trading_bot.db-wal", "PRAGMA wal_checkpoint(PASSIVE);")]
    [InlineData("trading_bot.db-shm", "SELECT 1;")]
    public async Task A_removed_log_or_shared_memory_costs_nothing_where_all_is_on_the_disk(string name, string before)
    {
        using var folder = new TemporaryFolder();
        var (server, key) = await StartAsync(folder, signals: 3);
        await using (server)
        {
            await Tool.SqliteAsync(folder.File("trading_bot.db"), before);
            File.Delete(folder.File(name));
            var watch = Stopwatch.StartNew();
            while (await PostAsync(server, key) != 201)
            {
                Assert.True(watch.Elapsed < TimeSpan.FromSeconds(15), "the database was not opened anew");
                await Task.Delay(50, TestContext.Current.CancellationToken);
            }

            Assert.True(File.Exists(folder.File(name)));
            Assert.Equal("4", await Tool.SqliteAsync(folder.File("trading_bot.db"), "SELECT count(*) FROM signals;"));
            Assert.Equal(200, (await server.Client.SendAsync("GET", "/health")).Status);
            Assert.Equal(0, (await server.TerminateAsync()).Code);
        }

        Assert.Equal("ok", await Tool.IntegrityAsync(folder.File("trading_bot.db")));
        Assert.Contains("the database was opened anew, and nothing is lost", await File.ReadAllTextAsync(folder.File("logs/mcp_server.log"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("truncate -s 0 trading_bot.db", "was emptied or cut short")]
    [InlineData("truncate -s 20480 trading_bot.db", "while the server had it open")]
    [InlineData("cp copy.db trading_bot.db", "was overwritten by something else")]
    [InlineData("cp raw.db trading_bot.db", "was overwritten by another program")]
    [InlineData("head -c 300000 /dev/urandom > trading_bot.db", "was overwritten by something else")]
    public async Task A_file_that_was_emptied_or_overwritten_ends_the_server_and_the_log_beside_it_stays(string command, string words)
    {
        using var folder = new TemporaryFolder();
        var (server, key) = await StartAsync(folder, signals: 3);
        byte[] log;
        await using (server)
        {
            Assert.Equal(0, (await ServerProcess.RunAsync(folder, ["backup"])).Code);

            // A copy as `sqlite3 .backup` makes it, and one of a file in WAL mode as `cp` does.
            await Tool.SqliteAsync(folder.File("trading_bot.db"), $"VACUUM INTO '{folder.File("copy.db")}';");
            await Tool.SqliteAsync(folder.File("trading_bot.db"), "PRAGMA wal_checkpoint(PASSIVE);");
            File.Copy(folder.File("trading_bot.db"), folder.File("raw.db"));
            await Tool.SqliteAsync(folder.File("trading_bot.db"),
                "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 3000) INSERT INTO news_cache(article_url) SELECT 'https://example.com/' || i FROM n; PRAGMA wal_checkpoint(PASSIVE);");
            Assert.Equal(201, await PostAsync(server, key));
            log = await HashAsync(folder.File("trading_bot.db-wal"));
            await Tool.RunAsync("sh", ["-c", $"cd {folder.Path} && {command}"]);
            Assert.Equal(503, await PostAsync(server, key));
            Assert.Equal(1, (await server.WaitForEndAsync(TimeSpan.FromSeconds(20))).Code);
        }

        Assert.Contains(words, server.Errors, StringComparison.Ordinal);
        Assert.Equal(log, await HashAsync(folder.File("trading_bot.db-wal")));
        Assert.DoesNotContain("   at ", await File.ReadAllTextAsync(folder.File("logs/mcp_server_error.log"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
        await RefusesToStartAsync(folder, words);
        Assert.Equal(log, await HashAsync(folder.File("trading_bot.db-wal")));

        var (restored, output, error) = await ServerProcess.RunAsync(folder, ["backup", "restore", "--yes"]);
        Assert.True(restored == 0, output + error);
        await using var again = await ServerProcess.ServeAsync(folder);
        Assert.Equal(201, await PostAsync(again, key));
        Assert.Equal("4", await Tool.SqliteAsync(folder.File("trading_bot.db"), "SELECT count(*) FROM signals;"));
        var aside = Assert.Single(Directory.EnumerateFiles(folder.Path, "trading_bot.db.before_restore_*-wal"));
        Assert.Equal(log, await HashAsync(aside));
    }

    [Fact]
    public async Task A_lost_file_is_noticed_without_a_write_and_no_backup_is_made_of_it()
    {
        using var folder = new TemporaryFolder();
        var (server, key) = await StartAsync(folder, signals: 1);
        await using var _ = server;
        await Tool.RunAsync("truncate", ["-s", "0", folder.File("trading_bot.db")]);
        var (status, body) = await server.Client.SendAsync("POST", "/api/backups", null, ("X-Api-Key", key));
        Assert.True(status == 503, body.ToJsonString());
        Assert.Equal(1, (await server.WaitForEndAsync(TimeSpan.FromSeconds(20))).Code);
        Assert.Empty(Directory.Exists(folder.File("backups")) ? Directory.EnumerateFiles(folder.File("backups"), "*.gz") : []);
        Assert.True(new FileInfo(folder.File("trading_bot.db-wal")).Length > 0);
    }

    [Fact]
    public async Task Programs_that_write_checkpoint_and_touch_the_file_are_not_taken_for_its_loss()
    {
        using var folder = new TemporaryFolder();
        var (server, key) = await StartAsync(folder, signals: 1);
        await using var _ = server;
        using var end = new CancellationTokenSource(TimeSpan.FromSeconds(8));
        string[] closings = ["PRAGMA wal_checkpoint(PASSIVE)", "PRAGMA wal_checkpoint(FULL)", "PRAGMA wal_checkpoint(RESTART)", "PRAGMA wal_checkpoint(TRUNCATE)", "VACUUM"];
        var bots = closings.Select((closing, bot) => Task.Run(async () =>
        {
            var rows = 0;
            for (; !end.IsCancellationRequested; rows++)
            {
                await Tool.SqliteAsync(folder.File("trading_bot.db"), $".timeout 20000\nINSERT INTO news_cache(article_url, article_title) VALUES ('https://example.com/{bot}/{rows}', hex(randomblob(20000)));\n{closing};");
                await Tool.RunAsync("touch", [folder.File("trading_bot.db")]);
            }

            return rows;
        })).ToArray();
        var posted = 1;
        for (; !end.IsCancellationRequested; posted++)
        {
            Assert.Equal(201, await PostAsync(server, key));
        }

        var written = (await Task.WhenAll(bots)).Sum();
        Assert.True(written > 20 && posted > 20, $"{written} and {posted}");
        Assert.Equal($"{posted}|{written}", await Tool.SqliteAsync(folder.File("trading_bot.db"), "SELECT (SELECT count(*) FROM signals), (SELECT count(*) FROM news_cache);"));
        Assert.Equal(0, (await server.TerminateAsync()).Code);
        Assert.Equal("ok", await Tool.IntegrityAsync(folder.File("trading_bot.db")));
    }

    private static async Task<(ServerProcess Server, string Key)> StartAsync(TemporaryFolder folder, int signals)
    {
        var key = (await ServerProcess.RunAsync(folder, ["key", "create", "--name", "bot", "--scopes", "read,write,control"])).Out.Trim();
        var server = await ServerProcess.ServeAsync(folder);
        for (var i = 0; i < signals; i++)
        {
            Assert.Equal(201, await PostAsync(server, key));
        }

        return (server, key);
    }

    private static async Task RefusesToStartAsync(TemporaryFolder folder, string words)
    {
        var (code, _, error) = await ServerProcess.RunAsync(folder, ["serve"], ("MCP_SERVER_PORT", "0"));
        Assert.Equal(1, code);
        Assert.Contains(words, error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
    }

    private static async Task<byte[]> HashAsync(string path) => SHA256.HashData(await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken));

    private static async Task<int> PostAsync(ServerProcess server, string key) =>
        (await server.Client.SendAsync("POST", "/api/signals", Signal, ("X-Api-Key", key))).Status;
}

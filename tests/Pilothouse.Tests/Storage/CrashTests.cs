using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Storage;

/// <summary>What was acknowledged is on disk, however the process ends.</summary>
public sealed class CrashTests
{
    public static readonly bool Slow = Environment.GetEnvironmentVariable("PILOTHOUSE_SLOW_TESTS") == "1";

    [Fact]
    public async Task After_kill_9_under_load_every_acknowledged_row_is_there_exactly_once()
    {
        using var folder = new TemporaryFolder();
        var key = await MakeKeyAsync(folder);
        var acknowledged = new ConcurrentBag<string>();
        var unsure = new ConcurrentBag<string>();
        var random = new Random(20261123);
        for (var round = 0; round < (Slow ? 20 : 3); round++)
        {
            await using (var server = await ServerProcess.ServeAsync(folder, ("RATE_LIMIT_ENABLED", "false")))
            {
                var load = LoadAsync(server, key, round, acknowledged, unsure);
                await Task.Delay(random.Next(100, 600));
                await server.KillAsync();
                await load;
            }

            Assert.Equal("ok", await Tool.IntegrityAsync(folder.File("trading_bot.db")));
            await using var revived = await ServerProcess.ServeAsync(folder, ("RATE_LIMIT_ENABLED", "false"));

            // A bot repeats the request that was not answered: it was stored before or is stored now, but only once.
            while (unsure.TryTake(out var name))
            {
                Assert.Equal(201, await PostAsync(revived, key, name));
                acknowledged.Add(name);
            }
        }

        Assert.True(acknowledged.Count > 50, $"only {acknowledged.Count} writes");
        var stored = (await Tool.SqliteAsync(folder.File("trading_bot.db"), "SELECT strategy FROM signals;")).Split('\n');
        Assert.Equal(acknowledged.Order(StringComparer.Ordinal), stored.Order(StringComparer.Ordinal));
        Assert.Equal("ok", await Tool.IntegrityAsync(folder.File("trading_bot.db")));
    }

    [Fact]
    public async Task SIGTERM_under_load_answers_what_was_accepted_and_ends_cleanly()
    {
        using var folder = new TemporaryFolder();
        var key = await MakeKeyAsync(folder);
        var acknowledged = new ConcurrentBag<string>();
        await using var server = await ServerProcess.ServeAsync(folder, ("RATE_LIMIT_ENABLED", "false"));
        var load = LoadAsync(server, key, 0, acknowledged, []);
        await Task.Delay(500);
        var (code, took) = await server.TerminateAsync();
        await load;
        Assert.Equal(0, code);
        Assert.True(took < TimeSpan.FromSeconds(10), $"took {took}");
        Assert.True(acknowledged.Count > 20, $"only {acknowledged.Count} writes");
        Assert.False(File.Exists(folder.File("trading_bot.db-wal")), "a clean end leaves no log beside the file");
        var stored = (await Tool.SqliteAsync(folder.File("trading_bot.db"), "SELECT strategy FROM signals;")).Split('\n').ToHashSet();
        Assert.Empty(acknowledged.Except(stored));
        Assert.DoesNotContain("bug", await File.ReadAllTextAsync(folder.File("logs/mcp_server.log")), StringComparison.Ordinal);
        Assert.DoesNotContain("Unhandled", server.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_second_server_on_the_same_file_is_refused_and_the_first_goes_on()
    {
        using var folder = new TemporaryFolder();
        await using (var server = await ServerProcess.ServeAsync(folder))
        {
            var (code, _, error) = await ServerProcess.RunAsync(folder, ["serve"], ("MCP_SERVER_PORT", "0"));
            Assert.Equal(1, code);
            Assert.Contains($"Another Pilothouse server uses {folder.File("trading_bot.db")} (process {server.Id})", error, StringComparison.Ordinal);
            Assert.Equal(HttpStatusCode.OK, (await server.Client.GetAsync("/health")).StatusCode);
            await server.KillAsync();
        }

        await using var next = await ServerProcess.ServeAsync(folder);
        Assert.Equal(HttpStatusCode.OK, (await next.Client.GetAsync("/health")).StatusCode);
    }

    [Fact]
    public async Task A_port_that_is_taken_is_a_sentence()
    {
        using var folder = new TemporaryFolder();
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);
        var (code, _, error) = await ServerProcess.RunAsync(folder, ["serve"], ("MCP_SERVER_PORT", port));
        Assert.Equal(1, code);
        Assert.Contains($"The port is taken: another program listens at http://127.0.0.1:{port}.", error, StringComparison.Ordinal);
        Assert.Contains("or set MCP_SERVER_PORT to another port", error, StringComparison.Ordinal);
        var line = Assert.Single(await File.ReadAllLinesAsync(folder.File("logs/mcp_server_error.log"), TestContext.Current.CancellationToken));
        Assert.Contains("\"message\":\"The server has not started. The port is taken", line, StringComparison.Ordinal);
        Assert.Contains("\"command\":\"serve\"", await File.ReadAllTextAsync(folder.File("logs/mcp_server_commands.log"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_of_another_machine_is_a_sentence()
    {
        using var folder = new TemporaryFolder();

        // 192.0.2.0/24 is for documentation (RFC 5737): nobody has it.
        var (code, _, error) = await ServerProcess.RunAsync(folder, ["serve"], ("MCP_SERVER_PORT", "0"), ("MCP_SERVER_HOST", "192.0.2.1"), ("REQUIRE_AUTH_FOR_READS", "true"));
        Assert.Equal(1, code);
        Assert.Contains("MCP_SERVER_HOST=192.0.2.1: this machine has no such address", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_for_logs_that_cannot_be_made_is_named()
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.File("a-file"), "", TestContext.Current.CancellationToken);
        var (code, _, error) = await ServerProcess.RunAsync(folder, ["serve"], ("MCP_SERVER_PORT", "0"), ("LOG_DIR", folder.File("a-file")));
        Assert.Equal(1, code);
        Assert.StartsWith($"LOG_DIR={folder.File("a-file")}: allowed is a folder", error, StringComparison.Ordinal);
        Assert.Single(error.Trim().Split('\n'));
    }

    /// <summary>A server that could only read would look healthy and refuse every write.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_database_that_this_user_may_not_write_stops_the_start(bool migrated)
    {
        using var folder = new TemporaryFolder();
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "a read-only mount needs root");
        var path = folder.File("trading_bot.db");
        (string, string)[] settings = [("MCP_SERVER_PORT", "0")];
        if (migrated)
        {
            Assert.Equal(0, (await ServerProcess.RunAsync(folder, ["migrate"], settings)).Code);
        }
        else
        {
            await SeedDatabase.CreateAsync(path, SeedState.Fresh);
        }

        // Root may write to every file, except on a file system that is mounted read-only.
        Assert.Equal(0, (await Tool.RunAsync("mount", ["--bind", path, path])).Code);
        try
        {
            Assert.Equal(0, (await Tool.RunAsync("mount", ["-o", "remount,ro,bind", path])).Code);
            var (code, _, error) = await ServerProcess.RunAsync(folder, [migrated ? "serve" : "migrate"], settings);
            Assert.Equal(1, code);
            Assert.Contains("cannot be written by this user", error, StringComparison.Ordinal);
            Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
        }
        finally
        {
            await Tool.RunAsync("umount", [path]);
        }
    }

    [Fact]
    public async Task A_port_that_only_root_may_take_is_a_sentence_to_anybody_else()
    {
        using var folder = new TemporaryFolder();
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root has the right, and so can give it away");
        var (code, _, error) = await Tool.RunAsync("env", ["MCP_SERVER_PORT=1", $"BOT_CONTROL_PIN={TestServer.Pin}", $"JWT_SECRET_KEY={TestServer.Secret}", $"DATABASE_PATH={folder.File("trading_bot.db")}",
            $"LOG_DIR={folder.File("logs")}", $"BACKUP_DIR={folder.File("backups")}", "setpriv", "--bounding-set", "-net_bind_service", .. ServerProcess.Words, "serve"]);
        Assert.Equal(1, code);
        Assert.Contains("may not listen on a port below 1024", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_wrong_setting_is_named_with_what_is_allowed()
    {
        using var folder = new TemporaryFolder();
        var (code, _, error) = await ServerProcess.RunAsync(folder, ["serve"],
            ("MCP_SERVER_PORT", "http"), ("LOG_LEVEL", "LOUD"), ("BOT_CONTROL_PIN", "12345"), ("JWT_SECRET_KEY", "short-and-secret"), ("MCP_SERVER_HOST", "my.host"), ("SESSION_TIMEOUT_MINUTES", "0"));
        Assert.Equal(1, code);
        foreach (var part in new[] { "MCP_SERVER_PORT=http", "LOG_LEVEL=LOUD", "BOT_CONTROL_PIN: allowed is exactly 6 digits", "JWT_SECRET_KEY: allowed is at least 32 bytes", "MCP_SERVER_HOST=my.host", "SESSION_TIMEOUT_MINUTES=0" })
        {
            Assert.Contains(part, error, StringComparison.Ordinal);
        }

        Assert.DoesNotContain("short-and-secret", error, StringComparison.Ordinal);
        Assert.DoesNotContain("12345", error, StringComparison.Ordinal);
        Assert.False(File.Exists(folder.File("trading_bot.db")));
    }

    [Theory]
    [InlineData("notes.txt", "is not a SQLite database")]
    [InlineData("no/folder/trading_bot.db", "folder")]
    public async Task A_database_that_cannot_be_used_is_a_sentence(string path, string sentence)
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.File("notes.txt"), "These are notes and not a database.");
        foreach (var command in new[] { "serve", "migrate" })
        {
            var (code, _, error) = await ServerProcess.RunAsync(folder, [command], ("MCP_SERVER_PORT", "0"), ("DATABASE_PATH", folder.File(path)));
            Assert.Equal(1, code);
            Assert.Contains(sentence, error, StringComparison.Ordinal);
            Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
        }
    }

    private static async Task<string> MakeKeyAsync(TemporaryFolder folder) =>
        (await ServerProcess.RunAsync(folder, ["key", "create", "--name", "crash"])).Out.Trim();

    private static Task LoadAsync(ServerProcess server, string key, int round, ConcurrentBag<string> acknowledged, ConcurrentBag<string> unsure) =>
        Task.WhenAll(Enumerable.Range(0, 6).Select(async client =>
        {
            for (var i = 0; ; i++)
            {
                var name = string.Create(CultureInfo.InvariantCulture, $"r{round}c{client}n{i}");
                try
                {
                    Assert.Equal(201, await PostAsync(server, key, name));
                    acknowledged.Add(name);
                }
                catch (Exception error) when (error is HttpRequestException or IOException or OperationCanceledException or ObjectDisposedException)
                {
                    unsure.Add(name);
                    return;
                }
            }
        }));

    private static async Task<int> PostAsync(ServerProcess server, string key, string name)
    {
        var (status, _) = await server.Client.SendAsync("POST", "/api/signals",
            $$"""{"trading_pair":"A/B","signal_type":"BUY","signal_strength":1,"price":1,"strategy":"{{name}}"}""", ("X-Api-Key", key), ("Idempotency-Key", name));
        return status;
    }
}

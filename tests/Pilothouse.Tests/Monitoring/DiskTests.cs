using System.Globalization;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Monitoring;

/// <summary>While a disk fills up, the server warns and then refuses writes. No write is lost or half done, and it recovers by itself.</summary>
public sealed class DiskTests
{
    private static readonly string Signal = $$"""{"trading_pair":"A/B","signal_type":"BUY","signal_strength":1,"price":1,"strategy":"{{new string('x', 90)}}"}""";

    [Fact]
    public async Task Nearly_full_is_a_warning_then_writes_are_refused_and_all_passes_when_there_is_room()
    {
        // Of 64 MB a tenth is 6.4 MB and a fiftieth 1.28 MB.
        await using var disk = await SmallDisk.MountAsync(64);
        using var logs = new TemporaryFolder();
        await using var server = await ServerProcess.ServeAsync(disk.Folder, ("LOG_DIR", logs.Path));
        var key = await KeyAsync(disk);
        Assert.Equal("ok", await StateAsync(server));
        disk.Fill(leave: 4 << 20);
        await UntilAsync(server, "warning");
        Assert.Equal(201, (await PostAsync(server, key)).Status);

        disk.Fill(leave: 1 << 20);
        await Task.Delay(1100, TestContext.Current.CancellationToken);
        var (status, body) = await PostAsync(server, key, ("Idempotency-Key", "later"));
        Assert.Equal((507, "disk-full"), (status, (string?)body["code"]));
        Assert.Equal("failed", await StateAsync(server));
        Assert.Equal(200, (await server.Client.SendAsync("GET", "/api/signals")).Status);
        var (ready, health) = await server.Client.SendAsync("GET", "/health/ready");
        Assert.Equal((200, "degraded"), (ready, (string?)health["status"]));
        Assert.DoesNotContain(disk.Path, health.ToJsonString(), StringComparison.Ordinal);

        // The remaining space is for what helps an owner: a login, revoking a key, the cleanup.
        var (login, session) = await server.Client.SendAsync("POST", "/api/auth/login", $$"""{"pin":"{{TestServer.Pin}}"}""");
        Assert.Equal(200, login);
        Assert.Equal(200, (await server.Client.SendAsync("POST", "/api/auth/logout", "{}", ("Authorization", $"Bearer {session["token"]}"))).Status);
        Assert.Equal(0, (await ServerProcess.RunAsync(disk.Folder, ["cleanup"])).Code);

        disk.Free();
        Assert.Equal(201, (await PostAsync(server, key, ("Idempotency-Key", "later"))).Status);
        Assert.Equal("ok", await StateAsync(server));
        Assert.Equal("2", await Tool.SqliteAsync(disk.Folder.File("trading_bot.db"), "SELECT count(*) FROM signals;"));
        await server.TerminateAsync();
        var log = await File.ReadAllTextAsync(logs.File("mcp_server.log"), TestContext.Current.CancellationToken);
        string[] told = ["\"WARNING\",\"message\":\"The disk of the database has only", "\"ERROR\",\"message\":\"The disk of the database has only", "\"message\":\"There is room on the disk again"];
        Assert.Equal([1, 1, 1], told.Select(part => log.Split(part).Length - 1));
    }

    /// <summary>
    /// With the watch off the disk itself says no: in the log, in the file when the log is moved there, in the shared memory. How much
    /// is left decides where; a bot that writes too makes the server move the log early.
    /// </summary>
    [Theory]
    [InlineData(0)]
    [InlineData(40)]
    [InlineData(400)]
    [InlineData(1500)]
    public async Task A_disk_that_is_really_full_stores_whole_writes_or_none_and_reads_go_on(int leaveKilobytes)
    {
        await using var disk = await SmallDisk.MountAsync(16);
        using var logs = new TemporaryFolder();
        await using var server = await ServerProcess.ServeAsync(disk.Folder, ("LOG_DIR", logs.Path), ("DISK_WARNING_MB", "0"), ("DISK_MINIMUM_MB", "0"), ("RATE_LIMIT_ENABLED", "false"));
        var key = await KeyAsync(disk);
        var path = disk.Folder.File("trading_bot.db");
        await Tool.SqliteAsync(path, "INSERT INTO market_context(btc_price) VALUES (1);");
        Assert.Equal(201, (await PostAsync(server, key)).Status);
        disk.Fill(leaveKilobytes * 1024L);

        var stored = 1;
        var refused = 0;
        await Parallel.ForAsync(0, 4, async (client, _) =>
        {
            for (var i = 0; Volatile.Read(ref refused) < 20 && i < 2000; i++)
            {
                var (status, body) = await PostAsync(server, key, ("Idempotency-Key", string.Create(CultureInfo.InvariantCulture, $"{client}-{i}")));
                Assert.True(status == 201 || (status == 507 && (string?)body["code"] == "disk-full"), $"{status}: {body.ToJsonString()}");
                Interlocked.Increment(ref status == 201 ? ref stored : ref refused);
            }
        });
        Assert.InRange(refused, 20, 30);
        var (read, page) = await server.Client.SendAsync("GET", "/api/signals?limit=500");
        Assert.Equal((200, Math.Min(stored, 500)), (read, (int)page["count"]!));

        // A login that could not be counted would make PINs free to guess.
        var (login, _) = await server.Client.SendAsync("POST", "/api/auth/login", $$"""{"pin":"{{TestServer.Pin}}"}""");
        Assert.True(login == 507 || (login == 200 && leaveKilobytes > 0), $"{login}");

        disk.Free();
        Assert.Equal(201, (await PostAsync(server, key)).Status);
        Assert.Equal($"{stored + 1}|{stored - 1}", await Tool.SqliteAsync(path, "SELECT (SELECT count(*) FROM signals), (SELECT count(*) FROM idempotency_keys);"));
        Assert.Equal("ok", await Tool.IntegrityAsync(path));
        var (code, _) = await server.TerminateAsync();
        Assert.True(code == 0, server.Errors);
    }

    /// <summary>A quota is no full disk to SQLite, which says that a write failed: see tests/tools/quota.c.</summary>
    [Fact]
    public async Task A_quota_that_is_used_up_is_told_as_a_full_disk_and_passes_by_itself()
    {
        using var folder = new TemporaryFolder();
        using var logs = new TemporaryFolder();
        await using var server = await ServerProcess.ServeAsync(
            folder, ("LOG_DIR", logs.Path), ("LD_PRELOAD", await Tool.CompileAsync("quota")), ("QUOTA_FOLDER", folder.Path));
        var key = (await ServerProcess.RunAsync(folder, ["key", "create", "--name", "bot", "--scopes", "write,control"])).Out.Trim();
        Assert.Equal(201, (await PostAsync(server, key)).Status);

        await File.WriteAllTextAsync(folder.File("over-quota"), "", TestContext.Current.CancellationToken);
        for (var i = 0; i < 3; i++)
        {
            var (status, body) = await PostAsync(server, key);
            Assert.Equal((507, "disk-full"), (status, (string?)body["code"]));
        }

        Assert.Equal((503, "backup-failed"), await server.Client.SendAsync("POST", "/api/backups", "", ("X-Api-Key", key)) is var (failed, why) ? (failed, (string?)why["code"]) : default);
        Assert.Equal(1, (int)(await server.Client.SendAsync("GET", "/api/signals")).Body["count"]!);
        File.Delete(folder.File("over-quota"));
        Assert.Equal(201, (await PostAsync(server, key)).Status);
        Assert.Equal("2", await Tool.SqliteAsync(folder.File("trading_bot.db"), "SELECT count(*) FROM signals;"));
        Assert.Equal("ok", await Tool.IntegrityAsync(folder.File("trading_bot.db")));
    }

    [Fact]
    public async Task On_a_full_disk_a_start_is_refused_with_a_sentence_that_is_true()
    {
        await using var disk = await SmallDisk.MountAsync(8);
        using var logs = new TemporaryFolder();
        Assert.Equal(0, (await ServerProcess.RunAsync(disk.Folder, ["migrate"])).Code);
        disk.Fill();
        var (code, _, error) = await ServerProcess.RunAsync(disk.Folder, ["serve"], ("MCP_SERVER_PORT", "0"), ("LOG_DIR", logs.Path));
        Assert.Equal(1, code);
        Assert.Contains("The disk that holds the database is full", error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
        Assert.DoesNotContain("restore", error, StringComparison.Ordinal);
        Assert.DoesNotMatch("(?m)^\\w+ +database .*estore", (await ServerProcess.RunAsync(disk.Folder, ["check"], ("LOG_DIR", logs.Path))).Out);
        disk.Free();
        await using var server = await ServerProcess.ServeAsync(disk.Folder, ("LOG_DIR", logs.Path));
        Assert.Equal(200, (await server.Client.SendAsync("GET", "/health")).Status);
    }

    /// <summary>Nothing is logged after the disk is free: what waited is written, and each line once.</summary>
    [Fact]
    public async Task A_log_folder_on_a_full_disk_stops_nothing_and_its_lines_are_written_when_there_is_room()
    {
        await using var disk = await SmallDisk.MountAsync(2);
        using var folder = new TemporaryFolder();
        disk.Fill();
        await using var server = await ServerProcess.ServeAsync(folder, ("LOG_DIR", disk.Path), ("DISK_WARNING_MB", "0"), ("DISK_MINIMUM_MB", "0"), ("RATE_LIMIT_ENABLED", "false"));
        var key = (await ServerProcess.RunAsync(folder, ["key", "create", "--name", "bot"])).Out.Trim();
        Assert.Equal(201, (await PostAsync(server, key)).Status);
        await UntilAsync(server, "failed", "logs");
        for (var i = 1; i < 300; i++)
        {
            Assert.Equal(201, (await PostAsync(server, key)).Status);
        }

        Assert.Equal("failed", await StateAsync(server, "logs"));
        disk.Free();
        await UntilAsync(server, "ok", "logs");
        Assert.Equal(0, (await server.TerminateAsync()).Code);
        var lines = await File.ReadAllLinesAsync(disk.Folder.File("mcp_server.log"), TestContext.Current.CancellationToken);
        Assert.Equal(300, lines.Count(static line => line.Contains("/api/signals", StringComparison.Ordinal)));
        Assert.All(lines, static line => System.Text.Json.Nodes.JsonNode.Parse(line));
    }

    [Fact]
    public async Task A_log_folder_that_cannot_be_written_stops_nothing_and_the_log_goes_on_when_it_can()
    {
        await using var disk = await SmallDisk.MountAsync(2);
        using var folder = new TemporaryFolder();
        Assert.Equal(0, (await Tool.RunAsync("mount", ["-o", "remount,ro", disk.Path])).Code);
        await using var server = await ServerProcess.ServeAsync(folder, ("LOG_DIR", disk.Path));
        var key = (await ServerProcess.RunAsync(folder, ["key", "create", "--name", "bot"])).Out.Trim();
        Assert.Equal(201, (await PostAsync(server, key)).Status);
        await UntilAsync(server, "failed", "logs");
        Assert.Equal(0, (await Tool.RunAsync("mount", ["-o", "remount,rw", disk.Path])).Code);
        await UntilAsync(server, "ok", "logs");
        Assert.Equal(0, (await server.TerminateAsync()).Code);
        Assert.Contains("could not be opened", await File.ReadAllTextAsync(disk.Folder.File("mcp_server_error.log"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    private static async Task<string> KeyAsync(SmallDisk disk) => (await ServerProcess.RunAsync(disk.Folder, ["key", "create", "--name", "bot"])).Out.Trim();

    private static Task<(int Status, System.Text.Json.Nodes.JsonObject Body)> PostAsync(ServerProcess server, string key, params (string Name, string Value)[] headers) =>
        server.Client.SendAsync("POST", "/api/signals", Signal, [("X-Api-Key", key), .. headers]);

    private static async Task<string?> StateAsync(ServerProcess server, string name = "disk") =>
        (string?)(await server.Client.SendAsync("GET", "/health/ready")).Body["checks"]!.AsArray().Single(check => (string?)check!["name"] == name)!["state"];

    private static async Task UntilAsync(ServerProcess server, string state, string name = "disk")
    {
        for (var tries = 0; await StateAsync(server, name) != state; tries++)
        {
            Assert.True(tries < 300, $"{name} did not become {state}");
            await Task.Delay(100, TestContext.Current.CancellationToken);
        }
    }
}

using System.Text.Json.Nodes;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Backups;

/// <summary>/api/backups, the daily schedule inside the server, and what /health/ready says of both.</summary>
public sealed class BackupApiTests
{
    [Fact]
    public async Task Backups_are_made_listed_and_verified_with_the_scope_control_only()
    {
        await using var server = await TestServer.StartAsync();
        var writer = server.ClientWithKey(await server.CreateKeyAsync("bot", "read", "write"));
        foreach (var (method, path) in new[] { ("GET", "/api/backups"), ("POST", "/api/backups"), ("POST", "/api/backups/trading_bot_backup_20260302_120000.db.gz/verify") })
        {
            Assert.Equal((401, "authentication-required"), await CodeAsync(server.Anonymous, method, path));
            Assert.Equal((403, "scope-needed"), await CodeAsync(writer, method, path));
        }

        Assert.Equal(0, (int)(await server.GetAsync("/api/backups"))["count"]!);
        var made = await server.PostAsync("/api/backups", "");
        Assert.Equal("trading_bot_backup_20260302_120000.db.gz", (string?)made["backup_name"]);
        Assert.Equal("Backup created and verified", (string?)made["message"]);
        var list = await server.GetAsync("/api/backups");
        var row = list["data"]!.AsArray().Single()!;
        Assert.True(JsonNode.DeepEquals(row, made["data"]));
        Assert.Equal("good", (string?)row["state"]);
        Assert.Equal("api", (string?)row["made_by"]);
        Assert.Equal("2026-03-02T12:00:00+00:00", (string?)row["made_at"]);
        Assert.Equal(server.Sql("SELECT count(*) FROM api_keys"), row["tables"]!["api_keys"]!.ToString());

        var verified = await server.PostAsync($"/api/backups/{made["backup_name"]}/verify", "", expected: 200);
        Assert.Equal("Backup is good", (string?)verified["message"]);
        await File.AppendAllTextAsync(Path.Combine(server.Folder.Path, "backups", (string)made["backup_name"]!), "x", TestContext.Current.CancellationToken);
        Assert.Equal((409, "backup-damaged"), await CodeAsync(server.Client, "POST", $"/api/backups/{made["backup_name"]}/verify"));
        Assert.Equal("broken", (string?)(await server.GetAsync("/api/backups"))["data"]![0]!["state"]);
    }

    [Theory]
    [InlineData("trading_bot_backup_20200101_000000.db.gz")]
    [InlineData("..%2Ftrading_bot.db")]
    [InlineData("..%2F..%2Fetc%2Fpasswd")]
    [InlineData(".lock")]
    [InlineData("trading_bot_backup_20260302_120000.db.gz.json")]
    public async Task Only_a_backups_name_leads_to_a_file(string name)
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/backups", "");
        Assert.Equal(404, (await CodeAsync(server.Client, "POST", $"/api/backups/{name}/verify")).Status);
    }

    [Fact]
    public async Task One_at_a_time_and_a_folder_that_cannot_be_is_a_failure_in_the_log_and_in_ready()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/backups", "");
        var backups = Path.Combine(server.Folder.Path, "backups");
        await using (new FileStream(Path.Combine(backups, ".lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None))
        {
            Assert.Equal((409, "backup-running"), await CodeAsync(server.Client, "POST", "/api/backups"));
        }

        Directory.Delete(backups, recursive: true);
        await File.WriteAllTextAsync(backups, "", TestContext.Current.CancellationToken);
        server.Clock.Advance(TimeSpan.FromMinutes(2));

        // The state shows this at once, and not only when the next backup is due.
        var (state, message) = await ReadyAsync(server);
        Assert.Equal("failed", state);
        Assert.Contains("No backup can be made: BACKUP_DIR is no folder", message, StringComparison.Ordinal);
        Assert.Equal((503, "backup-failed"), await CodeAsync(server.Client, "POST", "/api/backups"));
        File.Delete(backups);
        (state, message) = await ReadyAsync(server);
        Assert.Equal("failed", state);
        Assert.Contains("The last backup failed", message, StringComparison.Ordinal);
        Assert.DoesNotContain(server.Folder.Path, message, StringComparison.Ordinal);
        await server.PostAsync("/api/backups", "");
        Assert.Equal("ok", (await ReadyAsync(server)).State);
    }

    [Fact]
    public async Task The_server_makes_one_each_day_and_tries_again_after_a_failure()
    {
        await using var server = await TestServer.StartAsync(("BACKUP_SCHEDULE_HOUR", "2"), ("BACKUP_SCHEDULE_MINUTE", "30"), ("COMPRESS_BACKUPS", "false"));
        var backups = Path.Combine(server.Folder.Path, "backups");
        Assert.Equal("ok", (await ReadyAsync(server)).State);

        // A file with the name of BACKUP_DIR prevents tonight's backup.
        await File.WriteAllTextAsync(backups, "", TestContext.Current.CancellationToken);
        await PassAsync(server, TimeSpan.FromHours(14.6), async () => (await ReadyAsync(server)).State == "failed");
        await WaitAsync(async () => (await LogAsync(server)).Contains("The scheduled backup failed; it is tried again in 15 minutes", StringComparison.Ordinal));
        File.Delete(backups);
        await PassAsync(server, TimeSpan.FromMinutes(16), () => Task.FromResult(Directory.Exists(backups) && Directory.GetFiles(backups, "*.json").Length == 1));
        await PassAsync(server, TimeSpan.FromMinutes(1), async () => (await ReadyAsync(server)).State == "ok");
        await PassAsync(server, TimeSpan.FromHours(24), () => Task.FromResult(Directory.GetFiles(backups, "manifest_*_db.json").Length == 2));

        // At 02:30 or, on a machine that is busier than this clock is quick, as soon after it as the schedule looks.
        var second = Path.GetFileName(Directory.GetFiles(backups, "trading_bot_backup_20260304_*.db").Single());
        Assert.True(string.CompareOrdinal(second, "trading_bot_backup_20260304_0230") >= 0, second);
    }

    [Fact]
    public async Task A_missed_backup_is_made_up_at_start_and_an_overdue_one_is_red()
    {
        var server = await TestServer.StartAsync(("ENABLE_AUTO_BACKUP", "false"));
        server.Clock.Advance(TimeSpan.FromHours(25));
        Assert.Equal("ok", (await ReadyAsync(server)).State);
        server.Clock.Advance(TimeSpan.FromHours(2));
        var (state, message) = await ReadyAsync(server);
        Assert.Equal("warning", state);
        Assert.Contains("ENABLE_AUTO_BACKUP is off", message, StringComparison.Ordinal);
        await using var again = await server.RestartAsync(("BACKUP_DIR", "/proc/nowhere"));
        await WaitAsync(async () => (await ReadyAsync(again)).State == "failed");
        await using var third = await again.RestartAsync();
        var backups = Path.Combine(third.Folder.Path, "backups");
        await WaitAsync(() => Task.FromResult(Directory.Exists(backups) && Directory.GetFiles(backups, "manifest_*_gz.json").Length == 1));
        await WaitAsync(async () => (await ReadyAsync(third)).State == "ok");
        await WaitAsync(async () => (await LogAsync(third)).Contains("was missed; it is made now", StringComparison.Ordinal));
    }

    [Fact]
    public async Task After_the_clock_was_set_back_the_newest_backup_is_still_the_last()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/backups", "");
        server.Clock.AdjustTime(server.Clock.GetUtcNow().AddHours(-1));
        var made = await server.PostAsync("/api/backups", "");
        Assert.Equal("trading_bot_backup_20260302_120001.db.gz", (string?)made["backup_name"]);
        Assert.Equal((string?)made["backup_name"], (string?)(await server.GetAsync("/api/backups"))["data"]![0]!["name"]);
        Assert.Equal("ok", (await ReadyAsync(server)).State);
    }

    private static async Task<(int Status, string? Code)> CodeAsync(HttpClient client, string method, string path)
    {
        var (status, body) = await client.SendAsync(method, path, method == "POST" ? "" : null);
        return (status, (string?)body["code"]);
    }

    private static async Task<(string State, string Message)> ReadyAsync(TestServer server)
    {
        var check = (await server.GetAsync("/health/ready"))["checks"]!.AsArray().Single(static check => (string?)check!["name"] == "backups")!;
        return ((string)check["state"]!, (string)check["message"]!);
    }

    /// <summary>Lets time pass, minute by minute, until something is so.</summary>
    private static async Task PassAsync(TestServer server, TimeSpan atMost, Func<Task<bool>> isSo)
    {
        for (var passed = TimeSpan.Zero; passed <= atMost; passed += TimeSpan.FromMinutes(1))
        {
            server.Clock.Advance(TimeSpan.FromMinutes(1));
            await Task.Delay(1);
        }

        await WaitAsync(isSo);
    }

    private static async Task WaitAsync(Func<Task<bool>> isSo)
    {
        for (var tries = 0; !await isSo(); tries++)
        {
            Assert.True(tries < 400, "It did not come to pass.");
            await Task.Delay(25);
        }
    }

    private static async Task<string> LogAsync(TestServer server)
    {
        await using var file = new FileStream(Path.Combine(server.Folder.Path, "logs", "mcp_server.log"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(file);
        return await reader.ReadToEndAsync();
    }
}

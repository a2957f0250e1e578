using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using System.Text.Json.Nodes;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Backups;

/// <summary>What must never count as a backup, or keep one from being made; and how a command that is told to end ends.</summary>
public sealed class BackupGuardTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    private string Database => folder.File("trading_bot.db");

    private string Backups => folder.File("backups");

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_lost_database_makes_no_backup_pushes_none_out_and_its_log_stays()
    {
        (string, string)[] few = [("MAX_BACKUPS", "2")];
        await RunAsync(0, ["migrate"]);
        await RunAsync(0, ["backup"], few);
        await RunAsync(0, ["backup"], few);
        var before = Names();
        await File.WriteAllTextAsync(Database, "", TestContext.Current.CancellationToken);
        Assert.Contains("is empty: it was lost", await RunAsync(1, ["backup"], few), StringComparison.Ordinal);

        await File.WriteAllTextAsync(Database + "-wal", "the writes of yesterday", TestContext.Current.CancellationToken);
        Assert.Contains("holds writes: the file was lost", await RunAsync(1, ["backup"], few), StringComparison.Ordinal);
        Assert.Equal("the writes of yesterday", await File.ReadAllTextAsync(Database + "-wal", TestContext.Current.CancellationToken));

        File.Delete(Database + "-wal");
        File.Delete(Database);
        await Tool.SqliteAsync(Database, "CREATE TABLE x(y); DROP TABLE x;");
        Assert.Contains("there is no table in", await RunAsync(1, ["backup"], few), StringComparison.Ordinal);
        Assert.Equal(before, Names());
        await RunAsync(0, ["backup", "restore", "--yes"]);
    }

    [Fact]
    public async Task A_backup_that_failed_is_red_for_every_program_until_one_is_good()
    {
        await RunAsync(0, ["migrate"]);
        await RunAsync(0, ["backup"]);
        await using var server = await ServerProcess.ServeAsync(folder, ("BACKUP_DIR", Backups));
        await using (var disk = await SmallDisk.MountAsync(1))
        {
            Assert.Equal(0, (await Tool.RunAsync("mount", ["--bind", disk.Path, Backups])).Code);
            try
            {
                disk.Fill(leave: 20 * 1024);
                await RunAsync(1, ["backup"]);
                var (_, ready) = await server.Client.SendAsync("GET", "/health/ready");
                var check = ready["checks"]!.AsArray().Single(static check => (string?)check!["name"] == "backups")!;
                Assert.Equal("failed", (string?)check["state"]);
                disk.Free();
                await RunAsync(0, ["backup"]);
                (_, ready) = await server.Client.SendAsync("GET", "/health/ready");
                Assert.Equal("ok", (string?)ready["checks"]!.AsArray().Single(static check => (string?)check!["name"] == "backups")!["state"]);
            }
            finally
            {
                await Tool.RunAsync("umount", ["--lazy", Backups]);
            }
        }
    }

    [Fact]
    public async Task An_old_backup_is_told_where_no_server_runs_and_where_others_make_them()
    {
        await RunAsync(0, ["migrate"]);
        await RunAsync(0, ["backup"]);
        await Tool.SqliteAsync(Database, "UPDATE schema_migrations SET applied_at = '2026-01-01 00:00:00';");
        await ChangeManifestAsync(static manifest => manifest["made_at"] = "2026-01-02T00:00:00+00:00");
        foreach (var auto in new[] { "true", "false" })
        {
            var (_, output, _) = await ServerProcess.RunAsync(folder, ["status"], ("BACKUP_DIR", Backups), ("ENABLE_AUTO_BACKUP", auto));
            Assert.Matches("(?m)^failed +backups: The last verified backup is [0-9]+ days old", output);
        }
    }

    [Fact]
    public async Task One_from_the_future_stands_for_no_day_until_then()
    {
        await RunAsync(0, ["migrate"]);
        await RunAsync(0, ["backup"]);
        await Tool.SqliteAsync(Database, "UPDATE schema_migrations SET applied_at = '2026-01-01 00:00:00';");
        await ChangeManifestAsync(static manifest => manifest["made_at"] = "2099-01-02T00:00:00+00:00");
        await using var service = ServerProcess.Begin(folder, ["backup", "service"], ("BACKUP_DIR", Backups));
        for (var watch = Stopwatch.StartNew(); Directory.GetFiles(Backups, "*.db.gz").Length < 2; await Task.Delay(50, TestContext.Current.CancellationToken))
        {
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(30), service.Errors);
        }

        var (code, _) = await service.TerminateAsync();
        Assert.Equal(0, code);
    }

    [Fact]
    public async Task Two_schedules_over_one_folder_make_one_backup_a_day()
    {
        await RunAsync(0, ["migrate"]);
        await Tool.SqliteAsync(Database, "UPDATE schema_migrations SET applied_at = '2026-01-01 00:00:00';");
        ServerProcess[] services = [.. Enumerable.Range(0, 4).Select(_ => ServerProcess.Begin(folder, ["backup", "service"], ("BACKUP_DIR", Backups)))];
        for (var watch = Stopwatch.StartNew(); !Directory.Exists(Backups) || Directory.GetFiles(Backups, "*.db.gz").Length < 1; await Task.Delay(50, TestContext.Current.CancellationToken))
        {
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(30));
        }

        await Task.Delay(2500, TestContext.Current.CancellationToken);
        Assert.Single(Directory.GetFiles(Backups, "*.db.gz"));
        foreach (var service in services)
        {
            await service.DisposeAsync();
        }
    }

    [Theory]
    [InlineData("tables", "null")]
    [InlineData("tables", """{"signals":9223372036854775807,"trades":9223372036854775807}""")]
    [InlineData("tables", """{"signals":-1}""")]
    [InlineData("file", "null")]
    [InlineData("made_at", "\"0001-01-01T00:00:00+00:00\"")]
    public async Task A_manifest_of_senseless_values_is_a_broken_backup_and_no_crash(string field, string value)
    {
        await RunAsync(0, ["migrate"]);
        await RunAsync(0, ["backup"]);
        await ChangeManifestAsync(manifest => manifest[field] = JsonNode.Parse(value));
        await File.WriteAllTextAsync(Path.Combine(Backups, "trading_bot_backup_00010101_000000.db"), "", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(Backups, "trading_bot_backup_99991231_235959.db"), "", TestContext.Current.CancellationToken);
        var (code, output, error) = await ServerProcess.RunAsync(folder, ["backup", "list"], ("BACKUP_DIR", Backups), ("TZ", "Europe/Berlin"));
        Assert.True(code == 0 && output.Contains("BROKEN: its manifest cannot be read", StringComparison.Ordinal), output + error);
        await RunAsync(1, ["backup", "verify"]);
        await RunAsync(0, ["backup"]);
    }

    [Fact]
    public async Task A_path_to_another_place_is_not_taken_for_the_file_of_that_name_here()
    {
        await RunAsync(0, ["migrate"]);
        await RunAsync(0, ["backup"]);
        var name = Path.GetFileName(Directory.GetFiles(Backups, "*.db.gz").Single());
        Assert.Contains("There is no backup /nowhere/", await RunAsync(1, ["backup", "restore", $"/nowhere/{name}", "--yes"]), StringComparison.Ordinal);
        await RunAsync(0, ["backup", "verify", Path.Combine(Backups, name)]);
    }

    [Fact]
    public async Task A_few_bytes_that_unpack_to_a_full_disk_are_stopped()
    {
        await using var disk = await SmallDisk.MountAsync(16);
        await RunAsync(0, ["migrate"]);
        var bomb = disk.Folder.File("trading_bot_backup_20260101_000000.db.gz");
        await using (var file = File.Create(bomb))
        await using (var gzip = new GZipStream(file, CompressionLevel.Optimal))
        {
            var block = new byte[1 << 20];
            "SQLite format 3\0"u8.CopyTo(block);
            for (var i = 0; i < 200; i++)
            {
                await gzip.WriteAsync(block, TestContext.Current.CancellationToken);
            }
        }

        var (code, _, error) = await ServerProcess.RunAsync(folder, ["backup", "verify"], ("BACKUP_DIR", disk.Path));
        Assert.True(code == 1 && error.Contains("does not fit on the disk", StringComparison.Ordinal), error);
        Assert.Equal([".lock", Path.GetFileName(bomb)], Directory.GetFiles(disk.Path).Select(static path => Path.GetFileName(path)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Ctrl_C_ends_a_backup_and_leaves_nothing_half_made()
    {
        await RunAsync(0, ["migrate"]);
        await Tool.SqliteAsync(Database, "INSERT INTO chart_analyses(trading_pair, timeframe, ai_analysis) WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60000) SELECT 'A/B', '1h', hex(randomblob(470)) FROM n;");
        await using var command = ServerProcess.Begin(folder, ["backup"], ("BACKUP_DIR", Backups));
        for (var watch = Stopwatch.StartNew(); !Directory.Exists(Backups) || Directory.GetFiles(Backups, "*.unfinished").Length == 0; await Task.Delay(5, TestContext.Current.CancellationToken))
        {
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(20), command.Errors);
        }

        await Tool.RunAsync("kill", ["-INT", command.Id.ToString(CultureInfo.InvariantCulture)]);
        var (code, _) = await command.TerminateAsync();
        Assert.Equal(130, code);
        Assert.Equal([".lock"], Directory.GetFiles(Backups).Select(static path => Path.GetFileName(path)));
        Assert.Contains("Stopped before it was finished", command.Errors, StringComparison.Ordinal);
    }

    private string[] Names() => [.. Directory.GetFiles(Backups, "*.db.gz").Order(StringComparer.Ordinal)];

    private async Task ChangeManifestAsync(Action<JsonNode> change)
    {
        var path = Directory.GetFiles(Backups, "*.json").Single();
        var manifest = JsonNode.Parse(await File.ReadAllTextAsync(path))!;
        change(manifest);
        await File.WriteAllTextAsync(path, manifest.ToJsonString());
    }

    /// <returns>What it said on standard error.</returns>
    private async Task<string> RunAsync(int expected, string[] command, params (string Name, string Value)[] settings)
    {
        var (code, output, error) = await ServerProcess.RunAsync(folder, command, [("BACKUP_DIR", Backups), .. settings]);
        Assert.True(code == expected, $"{string.Join(' ', command)}: {code} {output}{error}");
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
        return error;
    }
}

using System.Globalization;
using Pilothouse.Tests.Fixtures;
using Pilothouse.Tests.Storage;

namespace Pilothouse.Tests.Backups;

/// <summary>Backups that are killed, cut short, flipped, swapped or have no room.</summary>
public sealed class BackupFaultTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    private string Database => folder.File("trading_bot.db");

    private string Backups => folder.File("backups");

    private (string, string)[] Settings => [("BACKUP_DIR", Backups)];

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Killed_at_any_step_a_backup_leaves_the_good_ones_and_the_next_one_cleans_up()
    {
        await PrepareAsync();
        Assert.Equal(0, (await RunAsync("backup")).Code);
        var kills = await KillAt.EachStepAsync(folder, ["backup"], [.. Settings, ("MAX_BACKUPS", "3")], static () => Task.CompletedTask, async step =>
        {
            Assert.True(await Tool.IntegrityAsync(Database) == "ok", step);
            var (code, output, error) = await RunAsync("backup", "verify", "all");
            Assert.True(code == 0, $"{step}: {error}");
            Assert.True(output.Split('\n', StringSplitOptions.RemoveEmptyEntries).All(static line => line.StartsWith("good  ", StringComparison.Ordinal)), $"{step}: {output}");

            // Its unfinished files are not listed, and the next listing removes them.
            Assert.True(Directory.GetFiles(Backups).All(static file => !file.Contains(".unfinished", StringComparison.Ordinal)), step);
            Assert.True(Directory.GetFiles(Backups, "*.json").Length == Directory.GetFiles(Backups, "*.gz").Length, step);
        }, stride: CrashTests.Slow ? 1 : 2);
        Assert.True(kills > 5, $"only {kills} steps");
        Assert.Equal(0, (await RunAsync("backup")).Code);
        Assert.Equal(0, (await RunAsync("backup", "verify", "all")).Code);
    }

    [Fact]
    public async Task Killed_at_any_step_a_restore_loses_nothing_and_can_be_run_again()
    {
        await PrepareAsync();
        Assert.Equal(0, (await RunAsync("backup")).Code);
        var good = await RowsAsync(Database);
        using var today = new TemporaryFolder();
        await Tool.SqliteAsync(Database, "INSERT INTO signals(trading_pair, signal_type, signal_strength, price) VALUES ('TODAY', 'BUY', 1, 1);");
        File.Copy(Database, today.File("today.db"));
        var newer = await RowsAsync(Database);
        var kills = await KillAt.EachStepAsync(folder, ["backup", "restore", "--yes"], Settings, PrepareTodayAsync, async step =>
        {
            // The database is the old one or the new one, or servers are kept from starting.
            if (File.Exists(Database + ".restore.json"))
            {
                var (code, _, error) = await RunAsync("serve");
                Assert.True(code == 1 && error.Contains("was interrupted", StringComparison.Ordinal) && error.Contains("pilothouse backup restore", StringComparison.Ordinal), $"{step}: {error}");
                Assert.True((await RunAsync("backup")).Code == 1, step);
            }
            else
            {
                var rows = await RowsAsync(Database);
                Assert.True(rows == newer || rows == good, step);
            }

            var (again, _, said) = await RunAsync("backup", "restore", "--yes");
            Assert.True(again == 0, $"{step}: {said}");
            Assert.True(await RowsAsync(Database) == good, step);
            Assert.True(await Tool.IntegrityAsync(Database) == "ok", step);

            // The present database still exists somewhere, complete.
            var found = false;
            foreach (var aside in Directory.GetFiles(folder.Path, "*.before_restore_*").Where(static file => !Pilothouse.Storage.Files.FileHolders.Suffixes.Any(suffix => suffix.Length > 0 && file.EndsWith(suffix, StringComparison.Ordinal))))
            {
                found |= await RowsAsync(aside) == newer;
            }

            Assert.True(found, step);
            Assert.DoesNotContain(Directory.GetFiles(folder.Path, "*.restor*"), static file => !file.Contains("before_restore", StringComparison.Ordinal));
        });
        Assert.True(kills > 8, $"only {kills} steps");

        Task PrepareTodayAsync()
        {
            foreach (var file in Directory.GetFiles(folder.Path))
            {
                File.Delete(file);
            }

            File.Copy(today.File("today.db"), Database);
            return Task.CompletedTask;
        }
    }

    [Theory]
    [InlineData("cut")]
    [InlineData("flipped")]
    [InlineData("appended")]
    [InlineData("swapped")]
    [InlineData("swapped with its manifest")]
    [InlineData("manifest broken")]
    public async Task A_damaged_backup_is_found_and_not_restored(string damage)
    {
        await PrepareAsync();
        Assert.Equal(0, (await RunAsync("backup")).Code);
        await Tool.SqliteAsync(Database, "INSERT INTO signals(trading_pair, signal_type, signal_strength, price) VALUES ('A/B', 'BUY', 1, 1);");
        Assert.Equal(0, (await RunAsync("backup")).Code);
        string[] backups = [.. Directory.GetFiles(Backups, "*.gz").Order(StringComparer.Ordinal)];
        var content = await File.ReadAllBytesAsync(backups[1]);
        switch (damage)
        {
            case "cut":
                await File.WriteAllBytesAsync(backups[1], content[..(content.Length / 2)]);
                break;
            case "flipped":
                content[content.Length / 2] ^= 1;
                await File.WriteAllBytesAsync(backups[1], content);
                break;
            case "appended":
                await File.WriteAllBytesAsync(backups[1], [.. content, 0]);
                break;
            case "swapped":
                File.Copy(backups[0], backups[1], overwrite: true);
                break;
            case "swapped with its manifest":
                File.Copy(backups[0], backups[1], overwrite: true);
                File.Copy(Pilothouse.Backups.BackupManifest.PathFor(backups[0]), Pilothouse.Backups.BackupManifest.PathFor(backups[1]), overwrite: true);
                break;
            default:
                await File.WriteAllTextAsync(Pilothouse.Backups.BackupManifest.PathFor(backups[1]), "{\"file\":");
                break;
        }

        var before = await RowsAsync(Database);
        var (code, output, error) = await RunAsync("backup", "verify", "all");
        Assert.Equal(1, code);
        Assert.Contains("BAD   " + Path.GetFileName(backups[1]), output, StringComparison.Ordinal);
        Assert.Contains("good  " + Path.GetFileName(backups[0]), output, StringComparison.Ordinal);
        Assert.Contains("is damaged", error, StringComparison.Ordinal);
        (code, _, error) = await RunAsync("backup", "restore", "--yes");
        Assert.Equal(1, code);
        Assert.Contains("Do not restore it", error, StringComparison.Ordinal);
        Assert.Equal(before, await RowsAsync(Database));
        Assert.Empty(Directory.GetFiles(folder.Path, "*restor*"));
        Assert.Equal(0, (await RunAsync("backup", "restore", Path.GetFileName(backups[0]), "--yes")).Code);
    }

    [Theory]
    [InlineData("cut")]
    [InlineData("flipped")]
    [InlineData("another program's")]
    public async Task A_damaged_backup_of_the_seed_is_found_without_a_manifest(string damage)
    {
        await PrepareAsync();
        Directory.CreateDirectory(Backups);
        var backup = Path.Combine(Backups, "trading_bot_backup_20251007_020000.db");
        await Tool.SqliteAsync(Database, $"VACUUM INTO '{backup}';");
        var content = await File.ReadAllBytesAsync(backup);
        switch (damage)
        {
            case "cut":
                await File.WriteAllBytesAsync(backup, content[..(content.Length - 8192)]);
                break;
            case "flipped":
                // The first byte of a page says of what kind it is.
                content[4096] ^= 0xFF;
                await File.WriteAllBytesAsync(backup, content);
                break;
            default:
                File.Delete(backup);
                await Tool.SqliteAsync(backup, "CREATE TABLE signals(symbol TEXT, strength INTEGER);");
                break;
        }

        var (code, output, error) = await RunAsync("backup", "verify");
        Assert.Equal(1, code);
        Assert.Contains("BAD   ", output, StringComparison.Ordinal);
        Assert.DoesNotContain(".unfinished", error, StringComparison.Ordinal);
        Assert.Equal(1, (await RunAsync("backup", "restore", "--yes")).Code);
    }

    [Fact]
    public async Task A_damaged_database_is_no_backup_and_the_way_out_is_named()
    {
        await PrepareAsync();
        Assert.Equal(0, (await RunAsync("backup")).Code);
        var root = int.Parse(await Tool.SqliteAsync(Database, "SELECT rootpage FROM sqlite_schema WHERE name = 'idx_signals_timestamp';"), CultureInfo.InvariantCulture);
        await Tool.SqliteAsync(Database, "PRAGMA wal_checkpoint(TRUNCATE);");
        var content = await File.ReadAllBytesAsync(Database);
        Array.Clear(content, (root - 1) * 4096, 4096);
        await File.WriteAllBytesAsync(Database, content);
        var (code, _, error) = await RunAsync("backup");
        Assert.Equal(1, code);
        Assert.Contains("No backup was made", error, StringComparison.Ordinal);
        Assert.Contains("pilothouse backup restore", error, StringComparison.Ordinal);
        Assert.Single(Directory.GetFiles(Backups, "*.gz"));
        Assert.Equal(0, (await RunAsync("backup", "restore", "--yes")).Code);
        Assert.Equal("ok", await Tool.IntegrityAsync(Database));
    }

    [Fact]
    public async Task Without_room_a_backup_a_verification_and_a_restore_say_so_and_leave_all_as_it_was()
    {
        await PrepareAsync();
        await Tool.SqliteAsync(Database, "INSERT INTO signals(trading_pair, signal_type, signal_strength, price, strategy) WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400) SELECT 'A/B', 'BUY', 1, 1, hex(randomblob(2000)) FROM n;");
        await using var disk = await SmallDisk.MountAsync(16);
        (string, string)[] there = [("BACKUP_DIR", disk.Folder.File("backups"))];
        var rows = await RowsAsync(Database);
        var (made, _, why) = await ServerProcess.RunAsync(folder, ["backup"], there);
        Assert.True(made == 0, why);
        foreach (var room in new[] { 0, 64 * 1024, 512 * 1024, 1024 * 1024 })
        {
            disk.Fill(room);
            var (code, _, error) = await ServerProcess.RunAsync(folder, ["backup"], there);
            Assert.True(code == 1, $"with room for {room} bytes");
            Assert.Contains("No backup was made: ", error, StringComparison.Ordinal);
            (code, _, error) = await ServerProcess.RunAsync(folder, ["backup", "verify"], there);
            Assert.True(code == 1 && error.Contains("room", StringComparison.Ordinal), error);
            disk.Free();
            Assert.Single(Directory.GetFiles(disk.Folder.File("backups"), "*.gz"));
            Assert.DoesNotContain(Directory.GetFiles(disk.Folder.File("backups")), static file => file.Contains(".unfinished", StringComparison.Ordinal));
        }

        // A restore onto the small disk.
        var onDisk = disk.Folder.File("trading_bot.db");
        File.Copy(Database, onDisk);
        disk.Fill(512 * 1024);
        var (failed, _, said) = await ServerProcess.RunAsync(disk.Folder, ["backup", "restore", "--yes"], [.. there, ("DATABASE_PATH", onDisk)]);
        Assert.Equal(1, failed);
        Assert.Contains("room", said, StringComparison.Ordinal);
        Assert.Equal(rows, await RowsAsync(onDisk));
        Assert.Empty(Directory.GetFiles(disk.Path, "*restor*"));
        disk.Free();
        Assert.Equal(0, (await ServerProcess.RunAsync(disk.Folder, ["backup", "restore", "--yes"], [.. there, ("DATABASE_PATH", onDisk)])).Code);
        Assert.Equal(rows, await RowsAsync(onDisk));
    }

    [Fact]
    public async Task A_backup_folder_that_cannot_be_is_named()
    {
        await PrepareAsync();
        await File.WriteAllTextAsync(folder.File("a-file"), "");
        var (code, _, error) = await ServerProcess.RunAsync(folder, ["backup"], ("BACKUP_DIR", folder.File("a-file/backups")));
        Assert.Equal(1, code);
        Assert.Contains("BACKUP_DIR", error, StringComparison.Ordinal);
    }

    private async Task PrepareAsync()
    {
        await SeedDatabase.CreateAsync(Database, SeedState.Migrated);
        using var elsewhere = new TemporaryFolder();
        Assert.Equal(0, (await ServerProcess.RunAsync(folder, ["migrate"], ("BACKUP_DIR", elsewhere.File("backups")))).Code);
    }

    private Task<(int Code, string Out, string Error)> RunAsync(params string[] command) => ServerProcess.RunAsync(folder, command, Settings);

    private static Task<string> RowsAsync(string path) =>
        Tool.SqliteAsync(path, "SELECT count(*), max(id), sum(price) FROM signals; SELECT id, side, entry_price, pnl FROM trades ORDER BY id;");
}

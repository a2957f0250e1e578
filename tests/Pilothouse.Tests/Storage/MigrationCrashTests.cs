using Pilothouse.Storage.Migrations;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Storage;

/// <summary>A migration that is killed or finds no room leaves the file as it was, and runs again.</summary>
public sealed class MigrationCrashTests
{
    [Fact]
    public async Task Killed_at_any_step_the_file_is_whole_and_the_next_migration_completes_it()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("trading_bot.db");
        using var seed = new TemporaryFolder();
        await SeedDatabase.CreateAsync(seed.File("seed.db"), SeedState.Migrated);
        var before = await RowsAsync(seed.File("seed.db"));
        var kills = await KillAt.EachStepAsync(folder, ["migrate"], [("BACKUP_DIR", folder.File("backups"))], PrepareAsync, async step =>
        {
            Assert.True(await Tool.IntegrityAsync(path) == "ok", step);
            Assert.True(before == await RowsAsync(path), step);
            var (code, output, error) = await ServerProcess.RunAsync(folder, ["migrate"], ("BACKUP_DIR", folder.File("backups")));
            Assert.True(code == 0 && output.Contains("is up to date", StringComparison.Ordinal), $"{step}: {error}");
            Assert.True(before == await RowsAsync(path), step);
            Assert.Equal(Migrator.Known, (await Tool.SqliteAsync(path, "SELECT version FROM schema_migrations WHERE version LIKE 'pilothouse%' ORDER BY version;")).Split('\n'));
        }, stride: CrashTests.Slow ? 1 : 3);
        Assert.True(kills > 3, $"only {kills} steps");

        Task PrepareAsync()
        {
            foreach (var file in Directory.GetFiles(folder.Path, "*", SearchOption.AllDirectories))
            {
                File.Delete(file);
            }

            File.Copy(seed.File("seed.db"), path);
            return Task.CompletedTask;
        }
    }

    [Fact]
    public async Task On_a_full_disk_the_file_stays_as_it_was_and_the_sentence_says_what_to_do()
    {
        await using var disk = await SmallDisk.MountAsync(4);
        var path = disk.Folder.File("trading_bot.db");
        await SeedDatabase.CreateAsync(path, SeedState.Migrated);
        var before = await RowsAsync(path);
        disk.Fill(leave: 64 * 1024);
        var (code, _, error) = await ServerProcess.RunAsync(disk.Folder, ["migrate"], ("BACKUP_DIR", disk.Folder.File("backups")));
        Assert.Equal(1, code);
        Assert.Contains("was not migrated, because it could not be copied", error, StringComparison.Ordinal);

        // The copy fits on another disk, but the migration itself has no room.
        using var elsewhere = new TemporaryFolder();
        (code, _, error) = await ServerProcess.RunAsync(disk.Folder, ["migrate"], ("BACKUP_DIR", elsewhere.File("backups")));
        Assert.Equal(1, code);
        Assert.Contains("failed and was rolled back; the file is as it was. The disk of ", error, StringComparison.Ordinal);
        Assert.Contains(" is full: make room and try again.", error, StringComparison.Ordinal);
        Assert.Equal(before, await RowsAsync(path));
        Assert.Equal("ok", await Tool.IntegrityAsync(path));

        disk.Free();
        (code, _, error) = await ServerProcess.RunAsync(disk.Folder, ["migrate"], ("BACKUP_DIR", disk.Folder.File("backups")));
        Assert.True(code == 0, error);
        Assert.Equal(before, await RowsAsync(path));
    }

    /// <summary>What the owner had: every row of two tables, by the columns that the seed gave them.</summary>
    private static Task<string> RowsAsync(string path) =>
        Tool.SqliteAsync(path, "SELECT id, timestamp, trading_pair, price FROM signals ORDER BY id; SELECT id, timestamp, side, entry_price, pnl FROM trades ORDER BY id;");
}

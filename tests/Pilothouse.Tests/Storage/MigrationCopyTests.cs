using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Storage;

/// <summary>The copy before a migration gets its name only when it is complete.</summary>
public sealed class MigrationCopyTests
{
    [Fact]
    public async Task Killed_at_any_step_a_migration_leaves_no_copy_that_is_not_whole_and_a_backup_cleans_up()
    {
        using var folder = new TemporaryFolder();
        var backups = folder.File("backups");
        using var seed = new TemporaryFolder();
        await SeedDatabase.CreateAsync(seed.File("seed.db"), SeedState.Migrated);
        var rows = await Tool.SqliteAsync(seed.File("seed.db"), "SELECT count(*) FROM signals;");
        var unfinished = 0;
        await KillAt.EachStepAsync(folder, ["migrate"], [("BACKUP_DIR", backups)], PrepareAsync, async step =>
        {
            if (!Directory.Exists(backups))
            {
                return;
            }

            foreach (var copy in Directory.GetFiles(backups, "before_migration_*.db"))
            {
                Assert.True(rows == await Tool.SqliteAsync(copy, "SELECT count(*) FROM signals;"), step);
            }

            if (Directory.GetFiles(backups, "before_migration_*.unfinished*").Length > 0)
            {
                unfinished++;
                Assert.Equal(0, (await ServerProcess.RunAsync(folder, ["backup"], ("BACKUP_DIR", backups))).Code);
                Assert.Empty(Directory.GetFiles(backups, "*.unfinished*"));
            }
        }, stride: CrashTests.Slow ? 1 : 2);
        Assert.True(unfinished > 0, "no run was killed while it copied");

        Task PrepareAsync()
        {
            foreach (var file in Directory.GetFiles(folder.Path, "*", SearchOption.AllDirectories))
            {
                File.Delete(file);
            }

            File.Copy(seed.File("seed.db"), folder.File("trading_bot.db"));
            return Task.CompletedTask;
        }
    }

    [Fact]
    public async Task On_a_full_disk_nothing_of_the_copy_is_left_and_a_whole_one_is_its_owners()
    {
        await using var disk = await SmallDisk.MountAsync(4);
        using var folder = new TemporaryFolder();
        await SeedDatabase.CreateAsync(folder.File("trading_bot.db"), SeedState.Migrated);
        (string, string)[] there = [("BACKUP_DIR", disk.Path)];
        foreach (var room in new[] { 0, 16 * 1024 })
        {
            disk.Fill(room);
            var (code, _, error) = await ServerProcess.RunAsync(folder, ["migrate"], there);
            Assert.Equal(1, code);
            Assert.Contains("was not migrated, because it could not be copied", error, StringComparison.Ordinal);
            Assert.Empty(Directory.GetFiles(disk.Path, "before_migration_*"));
        }

        disk.Free();
        Assert.Equal(0, (await ServerProcess.RunAsync(folder, ["migrate"], there)).Code);
        Assert.Equal("600", (await Tool.RunAsync("stat", ["-c", "%a", Assert.Single(Directory.GetFiles(disk.Path, "before_migration_*"))])).Out.Trim());
    }
}

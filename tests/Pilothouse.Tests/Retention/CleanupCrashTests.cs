using Microsoft.Extensions.Logging.Abstractions;
using Pilothouse.Storage;
using Pilothouse.Storage.Migrations;
using Pilothouse.Storage.Sqlite;
using Pilothouse.Tests.Fixtures;
using Pilothouse.Tests.Storage;

namespace Pilothouse.Tests.Retention;

/// <summary>Cleanup and vacuum that are killed or find no room lose nothing that should stay, and complete when they are run again.</summary>
public sealed class CleanupCrashTests
{
    private const string Old = "2025-01-01 00:00:00";

    /// <summary>Rows that must remain in any case: young ones, needed ones, and trades.</summary>
    private const string Kept = "SELECT id, trading_pair FROM signals WHERE id <= 100 OR id > 4000; SELECT id, signal_id FROM trades; SELECT id, balance FROM bot_status WHERE id IN (1, 500);";

    private const string Left = "SELECT (SELECT count(*) FROM signals), (SELECT count(*) FROM bot_status), (SELECT count(*) FROM chart_analyses);";

    [Fact]
    public async Task Cleanup_killed_at_any_step_keeps_what_should_stay_and_goes_on_the_next_time()
    {
        using var folder = new TemporaryFolder();
        using var seed = new TemporaryFolder();
        var path = folder.File("trading_bot.db");
        await MakeAsync(seed.File("seed.db"));
        var kept = await Tool.SqliteAsync(seed.File("seed.db"), Kept);
        var kills = await KillAt.EachStepAsync(folder, ["cleanup"], [], () => Put(seed, path), async step =>
        {
            Assert.True(await Tool.IntegrityAsync(path) == "ok", step);
            Assert.True(kept == await Tool.SqliteAsync(path, Kept), step);
            var (code, _, error) = await ServerProcess.RunAsync(folder, ["cleanup"]);
            Assert.True(code == 0, $"{step}: {error}");
            Assert.True(await Tool.SqliteAsync(path, Left) == "200|2|0", step);
            Assert.True(kept == await Tool.SqliteAsync(path, Kept), step);
        }, stride: CrashTests.Slow ? 1 : 11);
        Assert.True(kills > 2, $"only {kills} steps");
    }

    [Fact]
    public async Task Vacuum_killed_at_any_step_loses_no_row_and_goes_on_the_next_time()
    {
        using var folder = new TemporaryFolder();
        using var seed = new TemporaryFolder();
        var path = folder.File("trading_bot.db");
        await MakeAsync(seed.File("seed.db"));
        await Tool.SqliteAsync(seed.File("seed.db"), "DELETE FROM signals WHERE id BETWEEN 101 AND 4000;");
        var rows = await DumpAsync(seed.File("seed.db"));
        var size = new FileInfo(seed.File("seed.db")).Length;
        var kills = await KillAt.EachStepAsync(folder, ["vacuum"], [], () => Put(seed, path), async step =>
        {
            Assert.True(await Tool.IntegrityAsync(path) == "ok", step);
            Assert.True(rows == await DumpAsync(path), step);
            var (code, output, error) = await ServerProcess.RunAsync(folder, ["vacuum"]);
            Assert.True(code == 0 && output.Contains("were freed", StringComparison.Ordinal), $"{step}: {error}");
            Assert.True(new FileInfo(path).Length < size, step);
            Assert.True(rows == await DumpAsync(path), step);
        }, stride: CrashTests.Slow ? 1 : 4);
        Assert.True(kills > 1, $"only {kills} steps");
    }

    [Fact]
    public async Task Vacuum_on_a_disk_that_becomes_full_leaves_every_row_and_works_when_there_is_room()
    {
        await using var disk = await SmallDisk.MountAsync(64);
        var path = disk.Folder.File("trading_bot.db");
        await MakeAsync(path);
        await Tool.SqliteAsync(path, "DELETE FROM signals WHERE id BETWEEN 2000 AND 4000;");
        var rows = await DumpAsync(path);

        // The lack of room is reported before anything is done.
        disk.Fill(leave: 1 << 20);
        var (code, output, error) = await ServerProcess.RunAsync(disk.Folder, ["vacuum"]);
        Assert.Equal(1, code);
        Assert.Contains("free pages. The vacuum needs up to", output, StringComparison.Ordinal);
        Assert.Contains("There is too little room: make", error, StringComparison.Ordinal);

        // The disk becomes full during the work: no room for the copy, for the log, or for the last pages.
        var failed = 0;
        for (var leave = 64 * 1024; ; leave += 512 * 1024)
        {
            disk.Fill(leave);
            try
            {
                SqliteUpkeep.Vacuum(path);
                break;
            }
            catch (Exception full) when (full is DatabaseFullException or DatabaseRefusedException)
            {
                failed++;
                Assert.Contains("disk", full.Message, StringComparison.Ordinal);
            }

            disk.Free();
            Assert.Equal("ok", await Tool.IntegrityAsync(path));
            Assert.Equal(rows, await DumpAsync(path));
        }

        Assert.True(failed > 2, $"it failed {failed} times");
        disk.Free();
        Assert.Equal(rows, await DumpAsync(path));
        (code, output, error) = await ServerProcess.RunAsync(disk.Folder, ["vacuum"]);
        Assert.True(code == 0, output + error);
        Assert.Empty(Directory.GetFiles(disk.Path, "etilqs_*"));
    }

    [Fact]
    public async Task Cleanup_on_a_full_disk_deletes_whole_transactions_or_says_what_to_do()
    {
        await using var disk = await SmallDisk.MountAsync(64);
        var path = disk.Folder.File("trading_bot.db");
        await MakeAsync(path);
        var kept = await Tool.SqliteAsync(path, Kept);
        disk.Fill(leave: 300 * 1024);
        var (code, _, error) = await ServerProcess.RunAsync(disk.Folder, ["cleanup"]);
        Assert.Equal(1, code);
        Assert.Contains("It stopped after ", error, StringComparison.Ordinal);
        Assert.Contains("disk that holds the database is full", error, StringComparison.Ordinal);
        Assert.Equal(kept, await Tool.SqliteAsync(path, Kept));
        Assert.Equal("ok", await Tool.IntegrityAsync(path));

        disk.Free();
        (code, var output, error) = await ServerProcess.RunAsync(disk.Folder, ["cleanup"]);
        Assert.True(code == 0, error);
        Assert.Contains("stop the server and run `pilothouse vacuum`", output, StringComparison.Ordinal);
        Assert.Equal("200|2|0", await Tool.SqliteAsync(path, Left));
        Assert.Equal(kept, await Tool.SqliteAsync(path, Kept));
    }

    /// <summary>A file of a few megabytes: 4,100 signals of which 200 stay, 500 reports of which two do, 500 analyses.</summary>
    private static async Task MakeAsync(string path)
    {
        new Migrator(path, Path.Combine(Path.GetDirectoryName(path)!, "backups"), TimeProvider.System, NullLogger<Migrator>.Instance).Migrate();
        await Tool.SqliteAsync(path, $"""
            PRAGMA journal_mode=WAL;
            WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 4100)
            INSERT INTO signals(id, timestamp, trading_pair, signal_type, signal_strength, price, strategy)
            SELECT i, iif(i > 4000, CURRENT_TIMESTAMP, '{Old}'), 'P' || i, 'BUY', 1, 1, printf('%0800d', i) FROM n;
            INSERT INTO trades(timestamp, trading_pair, side, entry_price, quantity, signal_id) SELECT '{Old}', 'A/B', 'BUY', 1, 1, id FROM signals WHERE id <= 100;
            INSERT INTO bot_status(timestamp, bot_name, status, balance) SELECT datetime('{Old}', id || ' minutes'), 'bot', 'running', id FROM signals WHERE id <= 500;
            INSERT INTO chart_analyses(timestamp, trading_pair, timeframe) SELECT '{Old}', 'A/B', '1h' FROM signals WHERE id <= 500;
            """);
    }

    /// <summary>The whole content as text. It is sorted, because a vacuum writes tables and indexes in another order.</summary>
    private static async Task<string> DumpAsync(string path) => string.Join('\n', (await Tool.SqliteAsync(path, ".dump")).Split('\n').Order(StringComparer.Ordinal));

    private static Task Put(TemporaryFolder seed, string path)
    {
        foreach (var file in Directory.GetFiles(Path.GetDirectoryName(path)!, "*", SearchOption.AllDirectories))
        {
            File.Delete(file);
        }

        File.Copy(seed.File("seed.db"), path);
        return Task.CompletedTask;
    }
}

using System.Text.RegularExpressions;
using Pilothouse.Monitoring;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Retention;

/// <summary><c>cleanup</c> and <c>vacuum</c> as an owner runs them.</summary>
public sealed class CleanupCommandTests
{
    private const string OldSignals = """
        WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 1500)
        INSERT INTO signals(timestamp, trading_pair, signal_type, signal_strength, price, strategy) SELECT '2025-01-01 00:00:00', 'A/B', 'BUY', 1, 1, printf('%02000d', i) FROM n;
        """;

    [Fact]
    public async Task A_dry_run_beside_a_server_counts_what_the_run_then_deletes_in_a_table_that_a_pipe_can_read()
    {
        using var folder = new TemporaryFolder();
        await using var server = await ServerProcess.ServeAsync(folder);
        await Tool.SqliteAsync(folder.File("trading_bot.db"), OldSignals + "INSERT INTO signals(trading_pair, signal_type, signal_strength, price) VALUES ('NEW', 'BUY', 1, 1); INSERT INTO trades(trading_pair, side, entry_price, quantity, signal_id) VALUES ('A/B', 'BUY', 1, 1, 1);");
        var (code, dry, error) = await ServerProcess.RunAsync(folder, ["cleanup", "--dry-run"]);
        Assert.True(code == 0, error);
        Assert.Equal("1501", await CountAsync(folder));
        var (_, run, _) = await ServerProcess.RunAsync(folder, ["cleanup"]);
        Assert.Equal("2", await CountAsync(folder));
        foreach (var (output, column) in new[] { (dry, "would go"), (run, "deleted") })
        {
            Assert.Matches($@"(?m)^table +kept for +{column} +old but needed$", output);
            Assert.Matches(@"(?m)^signals +30 days +1,499 +1$", output);
            Assert.Matches(@"(?m)^bot_status +7 days +0 +0$", output);
            Assert.Matches(@"(?m)^market_context +ever +0 +0$", output);
            Assert.Matches(@"(?m)^total +1,499 +1$", output);
            Assert.DoesNotContain('\u001b', output);
        }

        Assert.DoesNotContain("vacuum", dry, StringComparison.Ordinal);
        Assert.Matches(@"(?m)^[\d.]+ MiB of the file's [\d.]+ MiB are free\. .*`pilothouse vacuum`\.$", run);

        // The server shows the remaining rows at once.
        Assert.Equal(2, (int)(await server.Client.SendAsync("GET", "/api/signals")).Body["count"]!);
    }

    [Fact]
    public async Task A_bot_that_holds_the_lock_delays_the_cleanup_and_does_not_end_it()
    {
        using var folder = new TemporaryFolder();
        await ServerProcess.RunAsync(folder, ["migrate"]);
        await Tool.SqliteAsync(folder.File("trading_bot.db"), "PRAGMA journal_mode=WAL;" + OldSignals);
        using var holder = await Tool.HoldLockAsync(folder.File("trading_bot.db"), 6);
        var (code, output, error) = await ServerProcess.RunAsync(folder, ["cleanup"]);
        await holder.WaitForExitAsync();
        Assert.True(code == 0, error);
        Assert.Contains("1,500", output, StringComparison.Ordinal);
        Assert.Equal("0", await CountAsync(folder));
    }

    [Fact]
    public async Task Vacuum_gives_back_what_cleanup_freed_and_says_how_much()
    {
        using var folder = new TemporaryFolder();
        await ServerProcess.RunAsync(folder, ["migrate"]);
        var path = folder.File("trading_bot.db");
        await Tool.SqliteAsync(path, OldSignals);
        await ServerProcess.RunAsync(folder, ["cleanup"]);
        var before = new FileInfo(path).Length;
        var (code, output, error) = await ServerProcess.RunAsync(folder, ["vacuum"]);
        Assert.True(code == 0, error);
        var after = new FileInfo(path).Length;
        Assert.True(after < before / 4, $"{before} became {after}");
        Assert.Matches(@"has [\d.]+ MiB, of which [\d.]+ MiB are free pages\. The vacuum needs up to [\d.]+ [KM]iB on its disk, which has [\d.]+ [MGT]iB\.", output);
        Assert.Equal(Sizes.Text(before - after), Regex.Match(output, @"Done in [\d.]+ s: ([\d.]+ MiB) were freed").Groups[1].Value);
        Assert.Equal("ok", await Tool.IntegrityAsync(path));
    }

    [Fact]
    public async Task Vacuum_is_refused_while_a_server_has_the_file_and_names_it()
    {
        using var folder = new TemporaryFolder();
        await using var server = await ServerProcess.ServeAsync(folder);
        var (code, _, error) = await ServerProcess.RunAsync(folder, ["vacuum"]);
        Assert.Equal(1, code);
        Assert.Contains($"(process {server.Id})", error, StringComparison.Ordinal);
        Assert.Contains("Stop it first", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_database_both_say_where_they_looked_and_make_none()
    {
        using var folder = new TemporaryFolder();
        foreach (var command in new[] { "cleanup", "vacuum" })
        {
            var (code, _, error) = await ServerProcess.RunAsync(folder, [command]);
            Assert.Equal(1, code);
            Assert.Contains($"There is no database at {folder.File("trading_bot.db")}", error, StringComparison.Ordinal);
            Assert.Empty(Directory.GetFiles(folder.Path));
        }
    }

    private static Task<string> CountAsync(TemporaryFolder folder) => Tool.SqliteAsync(folder.File("trading_bot.db"), "SELECT count(*) FROM signals;");
}

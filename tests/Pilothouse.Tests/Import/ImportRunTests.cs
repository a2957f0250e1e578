using System.Globalization;
using System.Text.Json.Nodes;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Import;

/// <summary>An import as a piece of work: audited, on the live stream, and whole transactions wherever it ends.</summary>
public sealed class ImportRunTests
{
    [Fact]
    public async Task An_import_has_one_row_with_its_counts_in_the_audit_log_and_its_records_are_events()
    {
        await using var server = await TestServer.StartAsync();
        var file = server.Folder.File("tradesv3.sqlite");
        await Importing.FreqtradeAsync("make", file, "--trades", "30");
        await server.ImportAsync("freqtrade", file);
        var rows = (await server.GetAsync("/api/audit?operation=import"))["data"]!.AsArray();
        var row = Assert.Single(rows)!;
        Assert.Equal(("command", "command"), ((string?)row["who"], (string?)row["door"]));
        var after = row["after"] is JsonValue text ? JsonNode.Parse((string)text!)! : row["after"]!;
        Assert.Equal(("freqtrade", "freqtrade:freqtrade", "tradesv3.sqlite"), ((string?)after["kind"], (string?)after["source"], (string?)after["file"]));
        Assert.Equal(server.Sql("SELECT count(*) FROM trades"), after["tables"]![0]!["stored"]!.ToString());
        Assert.Single((await server.GetAsync("/api/audit?operation=beginImport"))["data"]!.AsArray());
        Assert.Equal(server.Sql("SELECT count(*) FROM trades"), server.Sql("SELECT count(DISTINCT row_id) FROM changes WHERE table_name = 'trades'"));
        Assert.Equal(server.Sql("SELECT count(*) FROM fills"), server.Sql("SELECT count(DISTINCT row_id) FROM changes WHERE table_name = 'fills'"));
        await server.ImportAsync("freqtrade", file);
        Assert.Single((await server.GetAsync("/api/audit?operation=import"))["data"]!.AsArray());
        Assert.Contains("records were stored", await File.ReadAllTextAsync(server.Folder.File("logs/mcp_server_commands.log"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_import_that_is_killed_leaves_whole_trades_and_the_next_one_completes_them()
    {
        await using var server = await TestServer.StartAsync();
        var file = server.Folder.File("tradesv3.sqlite");
        await Importing.FreqtradeAsync("make", file, "--trades", "4000");
        var running = ServerProcess.Begin(server.Folder, ["import", "freqtrade", file],
            await TestEngine.CommandAsync(server.Folder, ("JWT_SECRET_KEY", TestServer.Secret), ("LOG_DIR", server.Folder.File("logs"))));
        await using (running)
        {
            var deadline = DateTime.UtcNow.AddSeconds(60);
            while (server.Sql("SELECT count(*) FROM trades") == "0" && DateTime.UtcNow < deadline)
            {
                await Task.Delay(5, TestContext.Current.CancellationToken);
            }

            await running.KillAsync();
        }

        var stored = int.Parse(server.Sql("SELECT count(*) FROM trades")!, CultureInfo.InvariantCulture);
        Assert.InRange(stored, 1, 3600);
        Assert.Equal("0", server.Sql("SELECT count(*) FROM trades WHERE NOT EXISTS (SELECT 1 FROM fills WHERE fills.trade_id = trades.id) OR NOT EXISTS (SELECT 1 FROM imported_rows WHERE record_id = trades.id)"));
        Assert.Equal("1", server.Sql("SELECT count(*) FROM audit_log WHERE operation = 'beginImport'"));
        var report = await server.ImportAsync("freqtrade", file);
        Assert.Equal(stored, report["tables"]![0]!["unchanged"]!.GetValue<int>());
        var closed = (await Importing.FiguresAsync(file))["trades"]!.AsObject().Count;
        Assert.Equal(closed.ToString(CultureInfo.InvariantCulture), server.Sql("SELECT count(*) FROM trades WHERE status = 'closed'"));
        Assert.Equal("0", server.Sql("SELECT count(*) - count(DISTINCT external_id) FROM trades"));
    }

    [Fact]
    public async Task A_dry_run_without_a_database_makes_none()
    {
        using var folder = new TemporaryFolder();
        var file = folder.File("tradesv3.sqlite");
        await Importing.FreqtradeAsync("make", file, "--trades", "30");
        var (code, _, error) = await ServerProcess.RunAsync(folder, ["import", "freqtrade", file, "--dry-run"]);
        Assert.Equal(1, code);
        Assert.Contains("There is no database at", error, StringComparison.Ordinal);
        Assert.False(File.Exists(folder.File("trading_bot.db")));
    }
}

using System.Text.Json.Nodes;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Cli;

/// <summary>What commands changed can be read afterwards, whoever ran them.</summary>
public sealed class CommandLogTests
{
    [Fact]
    public async Task Every_command_that_changes_something_has_a_line_that_says_what_and_who_and_no_secret()
    {
        using var folder = new TemporaryFolder();
        await ServerProcess.RunAsync(folder, ["migrate"]);
        var key = (await ServerProcess.RunAsync(folder, ["key", "create", "--name", "mine", "--scopes", "read"])).Out.Trim();
        await ServerProcess.RunAsync(folder, ["key", "revoke", "1"]);
        await Tool.SqliteAsync(folder.File("trading_bot.db"), "INSERT INTO signals(timestamp, trading_pair, signal_type, signal_strength, price) VALUES ('2020-01-01', 'A/B', 'BUY', 1, 1);");
        await ServerProcess.RunAsync(folder, ["cleanup", "--dry-run"]);
        await ServerProcess.RunAsync(folder, ["backup"]);
        await ServerProcess.RunAsync(folder, ["cleanup"]);
        await ServerProcess.RunAsync(folder, ["vacuum"]);
        await ServerProcess.RunAsync(folder, ["backup", "list"]);
        await ServerProcess.RunAsync(folder, ["backup", "restore", "--yes"]);
        Assert.Equal(1, (await ServerProcess.RunAsync(folder, ["backup", "restore", "no-such", "--yes"])).Code);

        var backup = Path.GetFileName(Assert.Single(Directory.GetFiles(folder.File("backups"), "*.gz")));
        var text = await File.ReadAllTextAsync(folder.File("logs/mcp_server_commands.log"), TestContext.Current.CancellationToken);
        Assert.DoesNotContain(key, text, StringComparison.Ordinal);
        Assert.DoesNotContain(key[3..], text, StringComparison.Ordinal);
        JsonObject[] lines = [.. text.Trim().Split('\n').Select(static line => JsonNode.Parse(line)!.AsObject())];
        Assert.All(lines, static line => Assert.Equal(["timestamp", "level", "message", "command", "user", "process_id"], line.Select(static field => field.Key)));
        Assert.All(lines, static line => Assert.Equal(Environment.UserName, (string?)line["user"]));
        (string Command, string Level, string Says)[] expected =
        [
            ("migrate", "INFO", "is up to date"), ("key create", "INFO", "API key 1 was made: mine, read, without an end"), ("key revoke", "INFO", "API key 1 is revoked."),
            ("backup", "INFO", $"{backup}: "), ("cleanup", "INFO", "1 rows deleted: signals 1"), ("vacuum", "INFO", "were freed"),
            ("backup restore", "INFO", $"is now {backup} of "), ("backup restore", "ERROR", "There is no backup no-such"),
        ];
        Assert.Equal(expected.Select(static line => (line.Command, line.Level)), lines.Select(static line => ((string)line["command"]!, (string)line["level"]!)));
        Assert.All(expected.Zip(lines), static pair => Assert.Contains(pair.First.Says, (string)pair.Second["message"]!, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Commands_that_end_together_lose_no_line_and_a_folder_that_cannot_be_written_stops_none()
    {
        using var folder = new TemporaryFolder();
        await ServerProcess.RunAsync(folder, ["migrate"]);
        await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => ServerProcess.RunAsync(folder, ["cleanup"])));
        var lines = await File.ReadAllLinesAsync(folder.File("logs/mcp_server_commands.log"), TestContext.Current.CancellationToken);
        Assert.Equal(7, lines.Length);
        Assert.All(lines, static line => JsonNode.Parse(line));

        await File.WriteAllTextAsync(folder.File("a-file"), "", TestContext.Current.CancellationToken);
        var (code, output, error) = await ServerProcess.RunAsync(folder, ["backup"], ("LOG_DIR", folder.File("a-file")));
        Assert.True(code == 0 && output.Contains("verified", StringComparison.Ordinal), error);
        Assert.Contains("could not be written", error, StringComparison.Ordinal);
    }
}

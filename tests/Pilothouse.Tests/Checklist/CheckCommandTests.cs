using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Checklist;

/// <summary><c>pilothouse check</c> as it is run.</summary>
public sealed class CheckCommandTests
{
    [Fact]
    public async Task It_works_before_the_first_start_beside_a_server_and_after_it_and_changes_nothing()
    {
        using var folder = new TemporaryFolder();
        await Tool.RunAsync("chmod", ["700", folder.Path]);
        (string, string)[] secrets = [("BOT_CONTROL_PIN", "749162"), ("JWT_SECRET_KEY", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")];
        var (code, output, error) = await ServerProcess.RunAsync(folder, ["check"], secrets);
        Assert.True(code == 0, output + error);
        Assert.Contains("There is no database yet.", output, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));

        await using (var server = await ServerProcess.ServeAsync(folder, secrets))
        {
            (_, output, _) = await ServerProcess.RunAsync(folder, ["check"], secrets);
            Assert.Matches("(?m)^yellow +backup +There is no verified backup yet; the first one is due at 02:00. -> Make one with `pilothouse backup`", output);
            Assert.Equal(0, (await ServerProcess.RunAsync(folder, ["backup"], secrets)).Code);
            (code, output, error) = await ServerProcess.RunAsync(folder, ["check"], secrets);
            Assert.True(code == 0, output + error);
            Assert.Matches("(?m)^green +server +It answers", output);
            Assert.Matches("(?m)^green +monitoring ", output);
            Assert.Matches("(?m)^green +backup ", output);
            Assert.DoesNotContain("749162", output, StringComparison.Ordinal);
            Assert.DoesNotContain('\u001b', output);
            await server.TerminateAsync();
        }

        var before = Contents(folder);
        (code, output, error) = await ServerProcess.RunAsync(folder, ["check", "--json"], secrets);
        Assert.True(code == 0, output + error);
        var report = JsonNode.Parse(output)!;
        Assert.True((bool)report["ok"]!);
        var findings = report["findings"]!.AsArray();
        Assert.Equal(findings.Count, (int)report["green"]! + (int)report["yellow"]! + (int)report["red"]!);
        Assert.All(findings, static finding => Assert.Equal((string?)finding!["light"] == "green", finding["to_do"] is null));
        Assert.Equal("green", (string?)findings.Single(static finding => (string?)finding!["name"] == "journal")!["light"]);
        Assert.Equal(before, Contents(folder));

        await Tool.SqliteAsync(folder.File("trading_bot.db"), "PRAGMA journal_mode=DELETE;");
        (_, output, _) = await ServerProcess.RunAsync(folder, ["check"], secrets);
        Assert.Matches("(?m)^yellow +journal ", output);
    }

    [Fact]
    public async Task A_red_line_is_exit_code_1_and_says_what_to_do()
    {
        using var folder = new TemporaryFolder();
        var (code, output, _) = await ServerProcess.RunAsync(folder, ["check"], ("RATE_LIMIT_ENABLED", "false"));
        Assert.Equal(1, code);
        Assert.Matches("(?m)^RED +rate-limits .* -> Remove the line", output);
        Assert.Contains("1 red. Red lines must go", output, StringComparison.Ordinal);

        (code, output, _) = await ServerProcess.RunAsync(folder, ["check"], ("MCP_SERVER_PORT", "x"), ("FORCE_HTTPS", "maybe"));
        Assert.Equal(1, code);
        Assert.Matches("(?m)^RED +settings +MCP_SERVER_PORT=x: allowed is", output);
        Assert.Matches("(?m)^RED +settings +FORCE_HTTPS=maybe: allowed is", output);

        await File.WriteAllTextAsync(folder.File("trading_bot.db"), "this is no database, but long enough to have a header of one");
        (code, output, _) = await ServerProcess.RunAsync(folder, ["check"]);
        Assert.Equal(1, code);
        Assert.Matches("(?m)^RED +database .*is not a SQLite database", output);
    }

    /// <summary>Every file with its content's hash and its time.</summary>
    private static string[] Contents(TemporaryFolder folder) =>
        [.. Directory.GetFiles(folder.Path, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            .Select(static path => $"{path} {Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(path)))} {File.GetLastWriteTimeUtc(path):O}")];
}

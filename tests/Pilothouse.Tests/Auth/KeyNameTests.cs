using System.Text.Json.Nodes;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Auth;

/// <summary>Names are shown in terminals and logs: control characters in them are refused, and escaped in names that are in the file already.</summary>
public sealed class KeyNameTests
{
    public static TheoryData<string> BadNames => ["", " ", "\t", "a\nb", "a\u001b[31mb", "a\u0000b", "a\u009bb", "a\u202eb", "a\u2066b", "a\u200bb", "a\u2028b", new string('a', 101)];

    [Theory]
    [MemberData(nameof(BadNames))]
    public async Task A_bad_name_is_refused_by_the_API(string name)
    {
        await using var server = await TestServer.StartAsync();
        foreach (var field in new[] { "name", "bot_name" })
        {
            var wish = new JsonObject { ["name"] = "good", ["scopes"] = new JsonArray("read") };
            wish[field] = name;
            var (status, body) = await server.Client.SendAsync("POST", "/api/keys", wish.ToJsonString());
            Assert.Equal((400, field), (status, (string?)body["details"]![0]!["field"]));
        }

        Assert.Equal("1", server.Sql("SELECT count(*) FROM api_keys"));
    }

    [Fact]
    public async Task A_bad_name_is_refused_by_the_command_and_a_good_one_taken()
    {
        using var folder = new TemporaryFolder();
        foreach (var name in new[] { "", " ", "a\nb", "a\u001b[31mb", "a\u202eb", new string('a', 101) })
        {
            Assert.Equal(2, (await ServerProcess.RunAsync(folder, ["key", "create", "--name", name])).Code);
        }

        Assert.Equal(2, (await ServerProcess.RunAsync(folder, ["key", "create", "--name", "a", "--bot-name", "b\u001b[2J"])).Code);
        Assert.Equal(0, (await ServerProcess.RunAsync(folder, ["key", "create", "--name", "Bot für 币安", "--bot-name", "alpha beta"])).Code);
    }

    [Theory]
    [InlineData("json")]
    [InlineData("text")]
    public async Task Names_in_the_file_are_shown_harmlessly_in_lists_status_and_logs(string format)
    {
        using var folder = new TemporaryFolder();
        await using var server = await ServerProcess.ServeAsync(folder, ("LOG_FORMAT", format));
        var key = (await ServerProcess.RunAsync(folder, ["key", "create", "--name", "a"])).Out.Trim();
        const string evil = "'e' || char(27) || '[2J' || char(10) || char(0x202e) || char(0x9b) || 'vil'";
        await Tool.SqliteAsync(folder.File("trading_bot.db"), $"""
            UPDATE api_keys SET name = {evil} || replace(hex(zeroblob(5000)), '0', 'x');
            INSERT INTO bot_status(bot_name, status, timestamp) VALUES ({evil}, 'error', datetime('now'));
            """);
        Assert.Equal(200, (await server.Client.SendAsync("GET", "/api/signals", null, ("X-Api-Key", key))).Status);
        var list = await ServerProcess.RunAsync(folder, ["key", "list"]);
        var status = await ServerProcess.RunAsync(folder, ["status"], ("LOG_FORMAT", format));
        var shown = new[] { list.Out, list.Error, status.Out, status.Error, await File.ReadAllTextAsync(folder.File("logs/mcp_server.log"), TestContext.Current.CancellationToken) };
        Assert.All(shown, static text => Assert.DoesNotContain(text, static c => (char.IsControl(c) && c is not '\n') || c == '\u202e'));
        Assert.All(shown, static text => Assert.All(text.Split('\n'), static line => Assert.True(line.Length < 1_000)));
        Assert.Contains("e?[2J???vil", list.Out, StringComparison.Ordinal);
        Assert.Contains("e?[2J???vil", status.Out, StringComparison.Ordinal);
    }
}

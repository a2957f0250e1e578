using System.Text.Json.Nodes;
using Pilothouse.Replay;
using Pilothouse.Tests.Fixtures;
using Spectre.Console;

namespace Pilothouse.Tests.Agents;

/// <summary>What the replay posts of its agents, and what the server says of that.</summary>
public sealed class MindsTests
{
    /// <summary>tests/tools/minds.py reads what the server lists, and computes with numpy and pandas what the other answers must say.</summary>
    [Fact]
    public async Task Every_figure_of_the_replay_is_that_of_numpy_and_pandas()
    {
        await using var server = await TestServer.StartAsync();
        var key = await server.CreateKeyAsync("replay", "read", "write");
        var settings = new ReplaySettings(server.Client.BaseAddress!, key, [Repository.PathOf("samples", "data")], null, "replay_bot", AsRecorded: false);
        using var http = settings.Connect();
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(TextWriter.Null) });
        var tally = await new ReplaySession(settings, http, server.Clock, console).RunAsync(TestContext.Current.CancellationToken);
        server.Clock.Advance(TimeSpan.FromSeconds(61.5));

        var (code, output, error) = await Tool.RunAsync("/usr/bin/python3", [Repository.PathOf("tests", "tools", "minds.py"), server.Client.BaseAddress!.ToString(), key]);
        Assert.True(code == 0, error);
        var compared = JsonNode.Parse(output)!.AsObject();
        Assert.All(compared, static kind => Assert.True((int)kind.Value! >= 50, $"{kind.Key}: only {kind.Value} figures were compared"));
        Assert.Equal(8, compared.Count);
        Assert.True((int)compared["lists"]! > tally.Decisions + tally.Spikes + tally.Articles);
    }
}

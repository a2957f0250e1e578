using System.Diagnostics;
using System.Text.Json.Nodes;
using Pilothouse.Replay;
using Pilothouse.Tests.Fixtures;
using Spectre.Console;

namespace Pilothouse.Tests.Replay;

/// <summary>The main job on real input: two days of candles replayed against a real server.</summary>
public sealed class ReplayEndToEndTests
{
    private static readonly string[] Tables =
    [
        "signals", "trades", "bot_status", "market_context", "chart_analyses", "cost_analytics", "candles", "agent_decisions", "spike_events", "news_cache", "model_prices", "model_checkpoints",
    ];

    [Fact]
    public async Task Two_fresh_databases_get_the_same_records_and_a_second_run_adds_nothing()
    {
        await using var first = await TestServer.StartAsync();
        await using var second = await TestServer.StartAsync();
        var key = await first.CreateKeyAsync("replay", "read", "write");
        var tally = await ReplayAsync(first, key);
        await ReplayAsync(second, await second.CreateKeyAsync("replay", "read", "write"));
        Assert.True(tally.Trades > 100, $"only {tally.Trades} trades");
        foreach (var table in Tables)
        {
            Assert.Equal(Dump(first, table), Dump(second, table));
        }

        var before = Tables.Select(table => first.Sql($"SELECT count(*) FROM {table}")).ToArray();
        Assert.DoesNotContain("0", before);
        Assert.Equal("2026-03-02 12:00:00", first.Sql("SELECT max(timestamp) FROM bot_status"));
        Assert.Equal("2026-02-28 12:00:00", first.Sql("SELECT min(timestamp) FROM bot_status"));
        Assert.NotEqual(0, (int)(await first.GetAsync("/api/performance?period=daily"))["data"]!["total_trades"]!);

        // A second run on the same day stores nothing new.
        first.Clock.Advance(TimeSpan.FromHours(2.5));
        var again = await ReplayAsync(first, key);
        Assert.Equal((0, tally.Stored), (again.Stored, again.Replayed));
        Assert.Equal(before, Tables.Select(table => first.Sql($"SELECT count(*) FROM {table}")));

        // On the next day it ends at the new present. The times of the two runs overlap without a conflict.
        first.Clock.Advance(TimeSpan.FromHours(21.25));
        var next = await ReplayAsync(first, key);
        Assert.Equal((tally.Stored, 0), (next.Stored, next.Replayed));
        Assert.Equal("2026-03-03 11:45:00", first.Sql("SELECT max(timestamp) FROM bot_status"));
    }

    [Fact]
    public async Task The_performance_of_the_replay_agrees_with_numpy_on_its_trades()
    {
        await using var server = await TestServer.StartAsync();
        var tally = await ReplayAsync(server, await server.CreateKeyAsync("replay", "read", "write"));
        var trades = new JsonArray();
        string? cursor = null;
        do
        {
            var page = await server.GetAsync($"/api/trades?limit=500{(cursor is null ? "" : $"&cursor={cursor}")}");
            foreach (var trade in page["data"]!.AsArray())
            {
                trades.Add(trade!.DeepClone());
            }

            cursor = (string?)page["next_cursor"];
        }
        while (cursor is not null);
        Assert.Equal(tally.Trades, trades.Count);

        var file = server.Folder.File("trades.json");
        await File.WriteAllTextAsync(file, trades.ToJsonString());
        var script = Repository.PathOf("tests", "Pilothouse.Tests", "Performance", "figures.py");
        using var python = Process.Start(new ProcessStartInfo("/usr/bin/python3", [script, "--trades", file, "--starting-balance", "10000"]) { RedirectStandardOutput = true })!;
        var expected = JsonNode.Parse(await python.StandardOutput.ReadToEndAsync())!.AsObject();
        var actual = (await server.GetAsync("/api/performance"))["data"]!.AsObject();
        Assert.Equal(10_000m, (decimal)actual["basis"]!["starting_balance"]!);
        Assert.Equal((double)tally.TotalPnl, (double)actual["total_pnl"]!, 1e-9);
        var compared = 0;
        foreach (var (name, value) in expected)
        {
            if (value is JsonValue figure && figure.TryGetValue<double>(out var number))
            {
                Assert.Equal(number, (double)actual[name]!, Math.Max(1e-9 * Math.Abs(number), 1e-12));
                compared++;
            }
        }

        Assert.True(compared >= 25, $"only {compared} figures were compared");
    }

    private static async Task<ReplayTally> ReplayAsync(TestServer server, string key)
    {
        var settings = new ReplaySettings(
            server.Client.BaseAddress!, key, [Repository.PathOf("samples", "data")], null, "replay_bot", AsRecorded: false);
        using var http = settings.Connect();
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(TextWriter.Null) });
        return await new ReplaySession(settings, http, server.Clock, console).RunAsync(CancellationToken.None);
    }

    /// <summary>Every row without its ids, in order of time and content.</summary>
    private static string Dump(TestServer server, string table)
    {
        var columns = server.Sql($"SELECT group_concat('coalesce(' || name || ', ''-'')', ' || ''|'' || ') FROM pragma_table_info('{table}') WHERE name NOT IN ('id', 'signal_id')")!;
        return server.Sql($"SELECT group_concat(line, char(10)) FROM (SELECT {columns} AS line FROM {table} ORDER BY 1)")!;
    }
}

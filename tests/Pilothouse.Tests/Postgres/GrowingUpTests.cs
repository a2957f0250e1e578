using System.Globalization;
using System.Text.Json.Nodes;
using Pilothouse.Tests.Fixtures;
using Pilothouse.Tests.Replay;

namespace Pilothouse.Tests.Postgres;

/// <summary>
/// The whole way of an owner who outgrows one file: a file with signals is moved to a primary with a standby, two servers behind nginx take
/// over, and while the sample bot trades, one of them is killed and then the primary. The figures are those of a single server on the file.
/// </summary>
public sealed class GrowingUpTests
{
    private const int Signals = 100_000;
    private const int InBatch = 5000;

    [Fact]
    public async Task Two_servers_that_lose_one_of_them_and_the_primary_have_the_figures_of_a_single_one()
    {
        Nginx.SkipWhereMissing();
        using var single = new TemporaryFolder();
        var key = await FillAsync(single);
        await using var primary = await PostgresCluster.StartAsync("-c", "synchronous_standby_names=ANY 1 (second)");
        await using var standby = await primary.FollowAsync("second");
        var url = await primary.CreateDatabaseAsync();
        var both = url.Replace($"127.0.0.1:{primary.Port}", $"127.0.0.1:{primary.Port},127.0.0.1:{standby.Port}", StringComparison.Ordinal);
        var moved = await ServerProcess.RunAsync(single, ["move", "--from", single.File("trading_bot.db"), "--to", url]);
        Assert.True(moved.Code == 0, moved.Error);

        string expected;
        await using (var server = await ServerProcess.ServeAsync(single, Settings()))
        {
            Assert.Equal(0, (await ReplayAsync(single, server.Client.BaseAddress!.ToString(), key)).Code);
            expected = await FiguresAsync(server.Client);
        }

        TemporaryFolder[] folders = [new(), new()];
        var dying = await ServerProcess.ServeAsync(folders[0], [("DATABASE_URL", both), .. Settings()]);
        await using var other = await ServerProcess.ServeAsync(folders[1], [("DATABASE_URL", both), .. Settings()]);
        await using var nginx = await Nginx.StartForTwoAsync(
            dying.Port, other.Port, ("rate=100r/s", "rate=10000r/s"), ("    return 444;\n", "    location / { proxy_pass http://pilothouse; }\n"));
        var name = url[(url.LastIndexOf('/') + 1)..];
        var replay = ReplayAsync(folders[0], $"http://127.0.0.1:{nginx.PlainPort}", key);
        await UntilAsync(replay, async () => Number(await primary.ExecuteAsync(name, "SELECT count(*) FROM trades")) > 20);
        await dying.KillAsync();
        await dying.DisposeAsync();
        var reached = Number(await primary.ExecuteAsync(name, "SELECT count(*) FROM trades"));
        await UntilAsync(replay, async () => Number(await primary.ExecuteAsync(name, "SELECT count(*) FROM trades")) > reached + 20);
        await primary.KillAsync();
        await standby.PromoteAsync();
        var (code, _, error) = await replay;
        Assert.True(code == 0, error);
        Assert.Equal(expected, await FiguresAsync(other.Client));
        Array.ForEach(folders, static folder => folder.Dispose());
    }

    /// <summary>Makes a file with signals.</summary>
    /// <returns>An API key.</returns>
    private static async Task<string> FillAsync(TemporaryFolder folder)
    {
        await using var server = await ServerProcess.ServeAsync(folder, Settings());
        var key = (await ServerProcess.RunAsync(folder, ["key", "create", "--name", "bots"], Settings())).Out.Trim();
        for (var first = 0; first < Signals; first += InBatch)
        {
            var items = new JsonArray([.. Enumerable.Range(first, InBatch).Select(static i => (JsonNode)new JsonObject
            {
                ["trading_pair"] = $"C{i % 50}/USDT", ["signal_type"] = i % 3 == 0 ? "BUY" : "SELL", ["signal_strength"] = 1 + (i % 10), ["price"] = i + 1, ["rsi"] = i / 7.0,
            })]);
            var (status, body) = await server.Client.SendAsync("POST", "/api/signals/batch", new JsonObject { ["items"] = items }.ToJsonString(), ("X-Api-Key", key));
            Assert.True(status == 201, body.ToJsonString());
        }

        Assert.Equal(0, (await server.TerminateAsync()).Code);
        return key;
    }

    private static Task<(int Code, string Out, string Error)> ReplayAsync(TemporaryFolder folder, string server, string key) =>
        ServerProcess.RunAsync(folder, ["replay", "--server", server, "--api-key", key, "--as-recorded", "--data", .. Directory.GetFiles(SampleData.Folder, "*.csv")]);

    private static async Task<string> FiguresAsync(HttpClient client)
    {
        var (status, body) = await client.SendAsync("GET", "/api/performance");
        Assert.Equal(200, status);
        Assert.True((int)body["data"]!["total_trades"]! > 100);
        return body["data"]!.ToJsonString();
    }

    private static async Task UntilAsync(Task<(int Code, string Out, string Error)> replay, Func<Task<bool>> condition)
    {
        while (!await condition())
        {
            Assert.False(replay.IsCompleted, replay.IsCompleted ? $"The replay has ended before: {(await replay).Error}" : "");
            await Task.Delay(20);
        }
    }

    private static long Number(string? text) => long.Parse(text!, CultureInfo.InvariantCulture);

    private static (string Name, string Value)[] Settings() =>
    [
        ("RATE_LIMIT_ENABLED", "false"), ("JWT_SECRET_KEY", TestServer.Secret), ("BOT_CONTROL_PIN", TestServer.Pin),
        ("TRUSTED_PROXIES", "127.0.0.1"), ("ALLOWED_HOSTS", $"{Nginx.Name},pilothouse"),
    ];
}

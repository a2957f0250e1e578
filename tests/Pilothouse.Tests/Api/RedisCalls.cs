using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Pilothouse.Operations;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Api;

/// <summary>Servers that count their limits in Redis, and what they say of it.</summary>
internal static class RedisCalls
{
    private const string Lost = "does not count the limits";
    private const string There = "counts the limits for all servers";

    public static (string Name, string Value)[] Settings(string url, params (string, string)[] settings) =>
        [("REDIS_URL", url), ("RATE_LIMIT_ENABLED", "true"), ("TRUSTED_PROXIES", "127.0.0.1"), .. settings];

    public static Task<TestServer> StartAsync(string url, params (string, string)[] settings) =>
        TestServer.StartAsync(Settings(url, settings));

    public static Task<ServerProcess> ServeAsync(TemporaryFolder folder, string url, params (string, string)[] settings) =>
        ServerProcess.ServeAsync(folder, Settings(url, settings));

    public static async Task<LimitAnswer> CallAsync(HttpClient client, string path, string? address = null)
    {
        using var answer = await client.RawAsync("GET", path, null, address is null ? [] : [("X-Forwarded-For", address)]);
        int Number(string name) =>
            answer.Headers.TryGetValues(name, out var values) ? int.Parse(values.Single(), CultureInfo.InvariantCulture) : -1;
        var (most, left, reset) = (Number("X-RateLimit-Limit"), Number("X-RateLimit-Remaining"), Number("X-RateLimit-Reset"));
        return new((int)answer.StatusCode, most, left, reset, Number("Retry-After"));
    }

    /// <summary>Calls from eight clients at once until the token is cancelled.</summary>
    /// <returns>How many calls there were, the answers that a client must not see, and how long the slowest took.</returns>
    public static async Task<(int Calls, IReadOnlyCollection<int> Bad, TimeSpan Slowest)> LoadAsync(
        HttpClient client, CancellationToken enough)
    {
        var (times, bad) = (new ConcurrentBag<TimeSpan>(), new ConcurrentBag<int>());
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(
            async () =>
            {
                while (!enough.IsCancellationRequested)
                {
                    var watch = Stopwatch.StartNew();
                    var answer = await CallAsync(client, "/api/nothing");
                    times.Add(watch.Elapsed);
                    if (answer is not { Status: 404, Left: > 0 })
                    {
                        bad.Add(answer.Status);
                    }

                    await Task.Delay(2, CancellationToken.None);
                }
            },
            CancellationToken.None)));
        return (times.Count, bad, times.Max());
    }

    public static async Task UntilAsync(HttpClient client, string state)
    {
        for (var watch = Stopwatch.StartNew(); await ConditionAsync(client) != state;)
        {
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(20), $"The condition of the limits did not become {state}.");
            await Task.Delay(50);
        }
    }

    /// <summary>Returns the state of the condition of the limits; null if there is none.</summary>
    public static async Task<string?> ConditionAsync(HttpClient client)
    {
        var (status, body) = await client.SendAsync("GET", "/health/ready");
        Assert.Equal(200, status);
        var checks = body["checks"]!.AsArray().OfType<JsonObject>();
        return (string?)checks.FirstOrDefault(static check => (string?)check["name"] == SharedCounter.Name)?["state"];
    }

    /// <summary>Returns how often a server has said until now that it counts by itself.</summary>
    public static async Task<int> LossesAsync(ServerProcess server, TemporaryFolder folder)
    {
        // The log is in order: what came before the line of a request is in it as soon as that line is.
        var id = Guid.NewGuid().ToString();
        await server.Client.SendAsync("GET", "/api/auth/check", null, ("X-Request-Id", id));
        string[] lines;
        for (var watch = Stopwatch.StartNew(); ; await Task.Delay(50))
        {
            lines = await File.ReadAllLinesAsync(folder.File("logs/mcp_server.log"));
            if (lines.Any(line => line.Contains(id, StringComparison.Ordinal)))
            {
                break;
            }

            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(30), $"The line of request {id} is not in the log after half a minute.");
        }

        return Count(lines, Lost);
    }

    private static int Count(string[] lines, string text) =>
        lines.Count(line => line.Contains(text, StringComparison.Ordinal) && !line.Contains("Condition ", StringComparison.Ordinal));

    /// <summary>Redis was there, was lost and was there again. A machine that stands still for a moment may lose it once more; a line for each call would be hundreds.</summary>
    public static void AssertSaidOnce((int Lost, int There) lines)
    {
        Assert.InRange(lines.Lost, 1, 3);
        Assert.Equal(lines.Lost + 1, lines.There);
    }

    /// <summary>Stops the server and reads its log.</summary>
    /// <returns>How often it said that Redis does not count, and how often that Redis counts.</returns>
    public static async Task<(int Lost, int There)> LinesAsync(ServerProcess server, TemporaryFolder folder)
    {
        await server.TerminateAsync();
        var lines = await File.ReadAllLinesAsync(folder.File("logs/mcp_server.log"));
        return (Count(lines, Lost), Count(lines, There));
    }

    public sealed record LimitAnswer(int Status, int Most, int Left, int Reset, int RetryAfter)
    {
        public (int Status, int Most, int Left) Budget => (Status, Most, Left);
    }
}

using Pilothouse.Tests.Fixtures;
using static Pilothouse.Tests.Api.RedisCalls;

namespace Pilothouse.Tests.Api;

/// <summary>What clients feel while Redis, which counts the limits, is gone or stands still.</summary>
[Collection(MeasuredAlone.Name)]
public sealed class RedisLoadTests
{
    /// <summary>Longer than a busy machine needs, and shorter than anything that waits for a connection.</summary>
    private static readonly TimeSpan Slow = TimeSpan.FromMilliseconds(500);

    [OnlyOnSqlite("no request of it reaches the database")]
    [Fact]
    public async Task Redis_killed_under_load_costs_no_request_and_counts_again_when_it_is_back()
    {
        await using var redis = await RedisServer.StartAsync();
        using var one = new TemporaryFolder();
        using var two = new TemporaryFolder();
        await using var first = await ServeAsync(one, redis.Url, ("RATE_LIMIT_PER_HOUR", "1000000"), ("RATE_LIMIT_PER_DAY", "1000000"));
        await using var second = await ServeAsync(two, redis.Url);
        using var enough = new CancellationTokenSource();
        var load = LoadAsync(first.Client, enough.Token);
        await Task.Delay(500);
        await redis.KillAsync();
        await UntilAsync(first.Client, "warning");
        await UntilAsync(second.Client, "warning");
        await Task.Delay(1_500);
        await redis.StartAgainAsync();
        await UntilAsync(first.Client, "ok");
        await UntilAsync(second.Client, "ok");
        await Task.Delay(500);
        await enough.CancelAsync();
        var (calls, bad, slowest) = await load;
        TestContext.Current.TestOutputHelper?.WriteLine($"{calls} calls, the slowest {slowest.TotalMilliseconds:F0} ms");
        Assert.Empty(bad);
        Assert.True(calls > 100 && slowest < Slow, $"{calls} calls, the slowest {slowest.TotalMilliseconds:F0} ms");
        Assert.Equal(199, (await CallAsync(first.Client, "/api/signals", "192.0.2.1")).Left);
        Assert.Equal(198, (await CallAsync(second.Client, "/api/signals", "192.0.2.1")).Left);
        AssertSaidOnce(await LinesAsync(first, one));
    }

    [OnlyOnSqlite("no request of it reaches the database")]
    [Fact]
    public async Task Redis_that_stands_still_delays_the_requests_of_a_moment_only()
    {
        await using var redis = await RedisServer.StartAsync();
        using var folder = new TemporaryFolder();
        await using var server = await ServeAsync(folder, redis.Url, ("RATE_LIMIT_PER_HOUR", "1000000"), ("RATE_LIMIT_PER_DAY", "1000000"));
        using var enough = new CancellationTokenSource();
        var load = LoadAsync(server.Client, enough.Token);
        await Task.Delay(500);
        await redis.PauseAsync();
        await UntilAsync(server.Client, "warning");
        await Task.Delay(3_000);
        await redis.ResumeAsync();
        await UntilAsync(server.Client, "ok");
        await enough.CancelAsync();
        var (calls, bad, slowest) = await load;
        TestContext.Current.TestOutputHelper?.WriteLine($"{calls} calls, the slowest {slowest.TotalMilliseconds:F0} ms");
        Assert.Empty(bad);
        Assert.True(slowest < Slow, $"{calls} calls, the slowest {slowest.TotalMilliseconds:F0} ms");
        AssertSaidOnce(await LinesAsync(server, folder));
    }
}

using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Pilothouse.Auth;
using Pilothouse.Operations;
using Pilothouse.Tests.Fixtures;
using static Pilothouse.Tests.Api.RedisCalls;

namespace Pilothouse.Tests.Api;

/// <summary>Limits that several servers count together in Redis, and what becomes of them without it.</summary>
public sealed class RedisLimitTests
{
    [Fact]
    public async Task Two_servers_share_one_budget_exactly()
    {
        await using var redis = await RedisServer.StartAsync();
        using var one = new TemporaryFolder();
        using var two = new TemporaryFolder();
        await using var first = await ServeAsync(one, redis.Url);
        await using var second = await ServeAsync(two, redis.Url);

        // On a machine that is too busy, Redis may answer so late that a server counts by itself for a moment. Such a round shows nothing.
        ConcurrentBag<LimitAnswer> answers = [];
        var losses = 0;
        for (var round = 0; round < 10; round++)
        {
            var address = $"198.51.100.{round}";
            answers = [];
            await Parallel.ForAsync(0, 300, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (i, _) =>
                answers.Add(await CallAsync((i % 2 == 0 ? first : second).Client, "/api/signals?limit=1", address)));
            var now = await LossesAsync(first, one) + await LossesAsync(second, two);
            if (now == losses)
            {
                break;
            }

            losses = now;
            await UntilAsync(first.Client, "ok");
            await UntilAsync(second.Client, "ok");
        }

        var allowed = answers.Where(static answer => answer.Status == 200);
        Assert.Equal(Enumerable.Range(0, 200), allowed.Select(static answer => answer.Left).Order());
        var refused = answers.Where(static answer => answer.Status == 429).ToList();
        Assert.Equal(100, refused.Count);
        Assert.All(refused, static answer => Assert.Equal(0, answer.Left));
        Assert.All(refused, static answer => Assert.InRange(answer.RetryAfter, 1, 60));
        Assert.All(answers, static answer => Assert.Equal(200, answer.Most));
        var reset = Assert.Single(answers.Select(static answer => answer.Reset).Distinct());
        Assert.InRange(reset - TimeProvider.System.GetUtcNow().ToUnixTimeSeconds(), 1, 61);

        // Another route, and another client, have budgets of their own, which are shared as well.
        Assert.Equal(299, (await CallAsync(first.Client, "/api/trades/open")).Left);
        Assert.Equal(298, (await CallAsync(second.Client, "/api/trades/open")).Left);
        Assert.Equal(199, (await CallAsync(first.Client, "/api/signals", "192.0.2.1")).Left);
        Assert.Equal(198, (await CallAsync(second.Client, "/api/signals", "192.0.2.1")).Left);
        foreach (var key in await redis.AskAsync("KEYS", "*"))
        {
            Assert.StartsWith("pilothouse:limits:", key, StringComparison.Ordinal);
            Assert.InRange(int.Parse((await redis.AskAsync("PTTL", key))[0], CultureInfo.InvariantCulture), 1, 60_000);
        }
    }

    [Fact]
    public async Task The_hour_and_the_day_are_shared_and_the_nearer_one_is_told()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var first = await StartAsync(redis.Url, ("RATE_LIMIT_PER_HOUR", "5"), ("RATE_LIMIT_PER_DAY", "7"));
        await using var second = await StartAsync(redis.Url, ("RATE_LIMIT_PER_HOUR", "9"), ("RATE_LIMIT_PER_DAY", "7"));
        for (var left = 4; left >= 0; left--)
        {
            Assert.Equal((404, 5, left), (await CallAsync(first.Anonymous, "/api/nothing")).Budget);
        }

        var hour = await CallAsync(first.Anonymous, "/api/nothing");
        Assert.Equal((429, 5, 0), hour.Budget);
        Assert.InRange(hour.RetryAfter, 3_500, 3_600);
        Assert.Equal((404, 7, 0), (await CallAsync(second.Anonymous, "/api/nothing")).Budget);
        var day = await CallAsync(second.Anonymous, "/api/nothing");
        Assert.Equal((429, 7, 0), day.Budget);
        Assert.InRange(day.RetryAfter, 86_300, 86_400);
    }

    [Fact]
    public async Task A_window_begins_with_the_first_call_and_ends_by_the_clock_of_Redis()
    {
        await using var redis = await RedisServer.StartAsync();
        var ahead = new FakeTimeProvider(TestServer.Start.AddHours(1));
        await using var first = await StartAsync(redis.Url);
        await using var second = await TestServer.StartAsync(new TemporaryFolder(), ahead, Settings(redis.Url));
        var begin = await CallAsync(first.Anonymous, "/api/signals");
        var end = await CallAsync(second.Anonymous, "/api/signals");
        Assert.Equal((199, 198, begin.Reset), (begin.Left, end.Left, end.Reset));

        // A clock of Redis that was set back leaves an end that is too far away, and one that was set forward an end that is over.
        foreach (var shift in new[] { 7_200, -7_200 })
        {
            var key = (await redis.AskAsync("KEYS", "pilothouse:limits:60:*"))[0];
            await redis.AskAsync("HSET", key, "ends", ((begin.Reset + shift) * 1_000L).ToString(CultureInfo.InvariantCulture));
            var again = await CallAsync(second.Anonymous, "/api/signals");
            Assert.Equal(199, again.Left);
            Assert.InRange(again.Reset, begin.Reset, begin.Reset + 60);
        }
    }

    [Fact]
    public async Task A_credential_counts_for_itself_and_paths_without_a_limit_stay_without()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var server = await StartAsync(redis.Url, ("RATE_LIMIT_PER_KEY_PER_MINUTE", "3"));
        for (var left = 2; left >= 0; left--)
        {
            Assert.Equal(left, (await CallAsync(server.Client, "/api/signals", $"192.0.2.{left}")).Left);
        }

        Assert.Equal(429, (await CallAsync(server.Client, "/api/signals")).Status);
        Assert.Equal(199, (await CallAsync(server.Anonymous, "/api/signals")).Left);
        Assert.Equal((200, -1, -1), (await CallAsync(server.Anonymous, "/api/auth/check")).Budget);
        Assert.Equal((200, -1, -1), (await CallAsync(server.Anonymous, "/health")).Budget);
        Assert.NotEmpty(await redis.AskAsync("KEYS", "pilothouse:limits:60:key:*"));
    }

    [Fact]
    public async Task A_Redis_that_forgets_its_scripts_and_counts_goes_on_counting()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var server = await StartAsync(redis.Url);
        Assert.Equal(199, (await CallAsync(server.Anonymous, "/api/signals")).Left);
        await redis.AskAsync("SCRIPT", "FLUSH");
        Assert.Equal(198, (await CallAsync(server.Anonymous, "/api/signals")).Left);
        await redis.AskAsync("FLUSHALL");
        Assert.Equal(199, (await CallAsync(server.Anonymous, "/api/signals")).Left);
        Assert.Equal("ok", await ConditionAsync(server.Anonymous));
    }

    [Fact]
    public async Task A_start_without_Redis_counts_here_until_Redis_is_there()
    {
        await using var redis = RedisServer.Prepare();
        using var folder = new TemporaryFolder();
        var watch = Stopwatch.StartNew();
        await using var server = await ServeAsync(folder, redis.Url);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(10), $"The start took {watch.Elapsed}.");
        Assert.Equal("warning", await ConditionAsync(server.Client));
        for (var left = 199; left >= 0; left--)
        {
            Assert.Equal((200, 200, left), (await CallAsync(server.Client, "/api/signals?limit=1")).Budget);
        }

        Assert.Equal(429, (await CallAsync(server.Client, "/api/signals")).Status);
        var (_, report, _) = await ServerProcess.RunAsync(folder, ["check", "--json"], ("REDIS_URL", redis.Url));
        Assert.Contains("\"server-limits\"", report, StringComparison.Ordinal);
        await redis.StartAgainAsync();
        await UntilAsync(server.Client, "ok");
        Assert.Equal(199, (await CallAsync(server.Client, "/api/signals")).Left);
        Assert.Equal((1, 1), await LinesAsync(server, folder));
    }

    [Theory]
    [InlineData("bots:wrong-hidden-word@")]
    [InlineData(":wrong-hidden-word@")]
    [InlineData("")]
    public async Task A_password_that_is_refused_is_said_and_shown_nowhere(string credential)
    {
        await using var redis = await RedisServer.StartAsync("--requirepass", "hidden-word");
        using var folder = new TemporaryFolder();
        var url = redis.Url.Replace("redis://", $"redis://{credential}", StringComparison.Ordinal);
        await using var server = await ServeAsync(folder, url, ("LOG_LEVEL", "DEBUG"));
        Assert.Equal("warning", await ConditionAsync(server.Client));
        Assert.Equal(199, (await CallAsync(server.Client, "/api/signals")).Left);
        var (_, report, _) = await ServerProcess.RunAsync(folder, ["check", "--json"], ("REDIS_URL", url));
        var (_, status, _) = await ServerProcess.RunAsync(folder, ["status", "--json"], ("REDIS_URL", url));
        var ready = await server.Client.GetStringAsync("/health/ready");
        await server.TerminateAsync();
        var log = string.Concat(Directory.GetFiles(folder.File("logs")).Select(File.ReadAllText));
        Assert.Contains("user and password", log, StringComparison.Ordinal);
        string[] shown = [log, ready, report, status, server.Errors];
        Faults.None(shown.Where(static text => text.Contains("hidden", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_user_with_a_password_and_few_rights_is_enough()
    {
        await using var redis = await RedisServer.StartAsync(
            [.. $"--user bots on >hidden-word ~pilothouse:limits:* {RedisFailure.NeededRights} --user default off".Split(' ')]);
        using var folder = new TemporaryFolder();
        var url = redis.Url.Replace("redis://", "redis://bots:hidden-word@", StringComparison.Ordinal);
        await using var server = await ServeAsync(folder, $"{url}/3");
        Assert.Equal("ok", await ConditionAsync(server.Client));
        Assert.Equal((0, 1), await LinesAsync(server, folder));
        var log = string.Concat(Directory.GetFiles(folder.File("logs")).Select(File.ReadAllText));
        Assert.DoesNotContain("hidden", log, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Over_TLS_only_a_certificate_that_is_trusted_will_do(bool isTrusted)
    {
        using var folder = new TemporaryFolder();
        var certificate = MadeCertificate.MakeGood();
        certificate.WriteTo(folder);
        await File.WriteAllTextAsync(folder.File("root.pem"), certificate.Root.ExportCertificatePem());
        await using var redis = await RedisServer.StartAsync(
            RedisServer.OnlyTls, "--tls-auth-clients", "no",
            "--tls-cert-file", folder.File("cert.pem"), "--tls-key-file", folder.File("key.pem"));
        (string, string)[] trust = isTrusted ? [("SSL_CERT_FILE", folder.File("root.pem"))] : [];
        await using var server = await ServeAsync(folder, redis.Url.Replace("redis://", "rediss://", StringComparison.Ordinal), trust);
        Assert.Equal(isTrusted ? "ok" : "warning", await ConditionAsync(server.Client));
    }

    [Theory]
    [InlineData("", "true")]
    [InlineData("redis://127.0.0.1:1", "false")]
    public async Task Without_a_Redis_or_without_limits_nothing_connects_and_no_condition_shows(string url, string enabled)
    {
        await using var server = await TestServer.StartAsync(("REDIS_URL", url), ("RATE_LIMIT_ENABLED", enabled));
        Assert.Null(server.Services.GetService<SharedCounter>());
        Assert.False(server.Services.GetRequiredService<CallLimits>().AreShared);
        Assert.Null(await ConditionAsync(server.Anonymous));
        Assert.Equal(enabled == "true" ? 199 : -1, (await CallAsync(server.Anonymous, "/api/signals")).Left);
    }

    [Fact]
    public async Task Without_a_Redis_counting_takes_no_memory()
    {
        await using var server = await TestServer.StartAsync(("RATE_LIMIT_ENABLED", "true"));
        var limits = server.Services.GetRequiredService<CallLimits>();
        var caller = new Caller("-", "-", "192.0.2.1", Scopes.None);
        limits.Take(caller, "GET /api/nothing", null);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1_000; i++)
        {
            limits.Take(caller, "GET /api/nothing", null);
        }

        // The runtime may make something of its own once; an object for each call would be 24,000 bytes at least.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1_000);
    }
}

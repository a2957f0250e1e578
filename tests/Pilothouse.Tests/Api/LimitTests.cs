using System.Globalization;
using Pilothouse.Tests.Auth;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Api;

public sealed class LimitTests
{
    private static readonly (string, string)[] On = [("RATE_LIMIT_ENABLED", "true"), ("TRUSTED_PROXIES", "127.0.0.1")];

    [Fact]
    public async Task Who_has_no_credential_has_fifty_calls_an_hour_and_two_hundred_a_day()
    {
        await using var server = await TestServer.StartAsync(On);
        for (var hour = 0; hour < 3; hour++)
        {
            for (var left = 49; left >= 0; left--)
            {
                var answer = await CallAsync(server.Anonymous, "GET", left % 2 == 0 ? "/api/nothing" : "/api/keys");
                Assert.NotEqual(429, answer.Status);
                Assert.Equal(left, answer.Left);
            }

            var refused = await CallAsync(server.Anonymous, "GET", "/api/nothing");
            Assert.Equal((429, 0, 3600), (refused.Status, refused.Left, refused.RetryAfter));
            server.Clock.Advance(TimeSpan.FromHours(1));
        }

        // Every answer counts, the refusals too: 153 of the day's 200 are used.
        for (var left = 46; left >= 0; left--)
        {
            Assert.Equal((404, left), (await CallAsync(server.Anonymous, "GET", "/api/nothing")) is var answer ? (answer.Status, answer.Left) : default);
        }

        var day = await CallAsync(server.Anonymous, "GET", "/api/nothing");
        Assert.Equal((429, 21 * 3600), (day.Status, day.RetryAfter));
        server.Clock.Advance(TimeSpan.FromHours(21));
        Assert.Equal(404, (await CallAsync(server.Anonymous, "GET", "/api/nothing")).Status);
    }

    [Fact]
    public async Task A_route_with_a_limit_of_its_own_uses_up_nothing_else()
    {
        await using var server = await TestServer.StartAsync(On);
        for (var left = 199; left >= 0; left--)
        {
            Assert.Equal((200, left), (await CallAsync(server.Anonymous, "GET", "/api/signals?limit=1")) is var answer ? (answer.Status, answer.Left) : default);
        }

        var refused = await CallAsync(server.Anonymous, "GET", "/api/signals");
        Assert.Equal((429, 60), (refused.Status, refused.RetryAfter));
        Assert.Equal((TestServer.Start + TimeSpan.FromMinutes(1)).ToUnixTimeSeconds(), refused.Reset);
        Assert.Equal(404, (await CallAsync(server.Anonymous, "GET", "/api/signals/latest")).Status);
        Assert.Equal(401, await LoginTests.SignalAsync(server.Anonymous));
        Assert.Equal(49, (await CallAsync(server.Anonymous, "GET", "/api/nothing")).Left);

        // Another address is another client; the window is over after its minute.
        Assert.Equal(199, (await CallAsync(server.Anonymous, "GET", "/api/signals", ("X-Forwarded-For", "192.0.2.1"))).Left);
        server.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal((200, 199), (await CallAsync(server.Anonymous, "GET", "/api/signals")) is var again ? (again.Status, again.Left) : default);
    }

    [Fact]
    public async Task A_credential_counts_for_itself_wherever_it_comes_from()
    {
        await using var server = await TestServer.StartAsync([.. On, ("RATE_LIMIT_PER_KEY_PER_MINUTE", "3")]);
        var key = await server.CreateKeyAsync("a", "write");
        for (var i = 2; i >= 0; i--)
        {
            Assert.Equal(i, (await CallAsync(server.Anonymous, "GET", "/api/signals", ("X-Api-Key", key), ("X-Forwarded-For", $"192.0.2.{i}"))).Left);
        }

        Assert.Equal(429, (await CallAsync(server.Anonymous, "GET", "/api/signals", ("X-Api-Key", key))).Status);
        Assert.Equal(201, await LoginTests.SignalAsync(server.Anonymous, ("X-Api-Key", key)));
        Assert.Equal(2, (await CallAsync(server.Client, "GET", "/api/signals")).Left);
        using var session = server.ClientWithKey(await server.LoginAsync());
        Assert.Equal(2, (await CallAsync(session, "GET", "/api/signals")).Left);

        // An invalid key does not get a budget of its own.
        Assert.Equal(199, (await CallAsync(server.Anonymous, "GET", "/api/signals", ("X-Api-Key", "ph_x1"))).Left);
        Assert.Equal(198, (await CallAsync(server.Anonymous, "GET", "/api/signals", ("X-Api-Key", "ph_x2"))).Left);
    }

    [Fact]
    public async Task A_method_that_is_none_is_refused_before_anything_counts_it_and_named_nowhere()
    {
        await using var server = await TestServer.StartAsync(On);
        var port = server.Anonymous.BaseAddress!.Port;
        foreach (var method in new[] { "get", "Get", "head", "post", "TRACE", "PROPFIND", "MADE-UP", new string('A', 7_900) })
        {
            foreach (var path in new[] { "/health", "/api/signals", "/nothing" })
            {
                var answer = await RawHttp.SendAsync(port, $"{method} {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
                Assert.True(RawHttp.Statuses(answer) is [405], $"{method[..3]} {path} answered {answer}");
                Assert.Contains("\"code\":\"method-not-allowed\"", answer, StringComparison.Ordinal);
                Assert.Contains("Allow: GET", answer, StringComparison.Ordinal);
                Assert.DoesNotContain("X-RateLimit", answer, StringComparison.Ordinal);
            }
        }

        Assert.Equal(405, await RawHttp.StatusAsync(port, "CONNECT localhost:80 HTTP/1.1\r\nHost: localhost:80\r\n\r\n"));
        Assert.Equal(199, (await CallAsync(server.Anonymous, "GET", "/api/signals")).Left);
        await server.StopAsync();
        var log = await File.ReadAllTextAsync(server.Folder.File("logs/mcp_server.log"));
        Assert.Contains("\"method\":\"other\"", log, StringComparison.Ordinal);
        Assert.DoesNotContain("MADE-UP", log, StringComparison.Ordinal);
        Assert.DoesNotContain("AAAA", log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_IPv6_network_of_64_bits_is_one_client()
    {
        await using var server = await TestServer.StartAsync(On);
        Assert.Equal(199, (await CallAsync(server.Anonymous, "GET", "/api/signals", ("X-Forwarded-For", "2001:db8:1:2::1"))).Left);
        Assert.Equal(198, (await CallAsync(server.Anonymous, "GET", "/api/signals", ("X-Forwarded-For", "2001:db8:1:2:ffff::9"))).Left);
        Assert.Equal(199, (await CallAsync(server.Anonymous, "GET", "/api/signals", ("X-Forwarded-For", "2001:db8:1:3::1"))).Left);
        Assert.Equal(199, (await CallAsync(server.Anonymous, "GET", "/api/signals", ("X-Forwarded-For", "192.0.2.8"))).Left);
        Assert.Equal(198, (await CallAsync(server.Anonymous, "GET", "/api/signals", ("X-Forwarded-For", "::ffff:192.0.2.8"))).Left);
    }

    [Theory]
    [InlineData("/health")]
    [InlineData("/health/live")]
    [InlineData("/health/ready")]
    [InlineData("/api/auth/check")]
    [InlineData("/openapi/v1.json")]
    [InlineData("/docs")]
    public async Task Some_paths_have_no_limit(string path)
    {
        await using var server = await TestServer.StartAsync([.. On, ("RATE_LIMIT_PER_HOUR", "1")]);
        for (var i = 0; i < 5; i++)
        {
            using var answer = await server.Anonymous.RawAsync("GET", path);
            Assert.True((int)answer.StatusCode is 200 or 301 or 302, $"{answer.StatusCode}");
            Assert.False(answer.Headers.Contains("X-RateLimit-Limit"));
        }
    }

    [Fact]
    public async Task Limits_that_are_off_are_off_but_never_the_logins()
    {
        await using var server = await TestServer.StartAsync(("RATE_LIMIT_PER_HOUR", "1"));
        for (var i = 0; i < 5; i++)
        {
            using var answer = await server.Anonymous.RawAsync("GET", "/api/nothing");
            Assert.Equal(404, (int)answer.StatusCode);
            Assert.False(answer.Headers.Contains("X-RateLimit-Limit"));
            Assert.Equal(401, (await server.Anonymous.SendAsync("POST", "/api/auth/login", """{"pin":"111222"}""")).Status);
        }

        Assert.Equal(429, (await server.Anonymous.SendAsync("POST", "/api/auth/login", """{"pin":"111222"}""")).Status);
    }

    [Fact]
    public async Task A_browsers_preflights_use_up_nothing()
    {
        await using var server = await TestServer.StartAsync([.. On, ("CORS_ORIGINS", "http://localhost:5000")]);
        for (var i = 0; i < 60; i++)
        {
            using var answer = await server.Anonymous.RawAsync("OPTIONS", "/api/keys", null, ("Origin", "http://localhost:5000"), ("Access-Control-Request-Method", "GET"), ("Access-Control-Request-Headers", "authorization"));
            Assert.Equal(204, (int)answer.StatusCode);
        }

        Assert.Equal(49, (await CallAsync(server.Anonymous, "GET", "/api/keys")).Left);
    }

    private static async Task<(int Status, int Left, long Reset, int RetryAfter)> CallAsync(HttpClient client, string method, string path, params (string Name, string Value)[] headers)
    {
        using var answer = await client.RawAsync(method, path, null, headers);
        int Number(string name) => answer.Headers.TryGetValues(name, out var values) ? int.Parse(values.Single(), CultureInfo.InvariantCulture) : -1;
        return ((int)answer.StatusCode, Number("X-RateLimit-Remaining"), Number("X-RateLimit-Reset"), (int)(answer.Headers.RetryAfter?.Delta?.TotalSeconds ?? -1));
    }
}

using System.Globalization;
using System.Net;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Auth;

public sealed class LoginTests
{
    private const string Good = $$"""{"pin":"{{TestServer.Pin}}"}""";

    [Fact]
    public async Task A_login_of_many_or_long_names_is_refused_before_it_costs_anything()
    {
        await using var server = await TestServer.StartAsync();
        var names = string.Join(',', Enumerable.Range(0, 201).Select(static i => $"\"a{i}\":1"));
        var (status, body) = await server.Anonymous.SendAsync("POST", "/api/auth/login", $"{{{names}}}");
        Assert.Equal((400, "invalid-input", "body must have at most 200 fields."), (status, (string?)body["code"], (string?)body["message"]));
        (status, body) = await server.Anonymous.SendAsync("POST", "/api/auth/login", $$"""{"pin":"{{TestServer.Pin}}","x":"{{new string('x', 4096)}}"}""");
        Assert.Equal((413, "body-too-large", "Send at most 4 KB."), (status, (string?)body["code"], (string?)body["message"]));
        await server.LoginAsync();

        // Elsewhere a body may be longer, but the number of its names is limited.
        (status, body) = await server.Client.SendAsync("POST", "/api/signals", $"{{{names}}}");
        Assert.Equal((400, "invalid-input"), (status, (string?)body["code"]));
    }

    [Fact]
    public async Task A_login_gives_a_token_that_writes_and_ends_after_its_minutes()
    {
        await using var server = await TestServer.StartAsync();
        var (status, body) = await server.Anonymous.SendAsync("POST", "/api/auth/login", Good);
        Assert.Equal(200, status);
        Assert.True((bool)body["success"]!);
        Assert.Equal("Authentication successful", (string?)body["message"]);
        Assert.Equal(1800, (int)body["expires_in"]!);
        using var client = server.ClientWithKey((string)body["token"]!);
        Assert.Equal(201, await SignalAsync(client));
        Assert.Equal(("true", 1800), await CheckAsync(client));

        server.Clock.Advance(TimeSpan.FromMinutes(30) - TimeSpan.FromSeconds(1));
        Assert.Equal(("true", 1), await CheckAsync(client));
        server.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(("false", 0), await CheckAsync(client));
        Assert.Equal(401, await SignalAsync(client));
    }

    [Theory]
    [InlineData("", 400, "Request body is required", "body-required")]
    [InlineData("{}", 400, "Missing PIN", "missing-pin")]
    [InlineData("""{"pin":null}""", 400, "Missing PIN", "missing-pin")]
    [InlineData("""{"pin":""}""", 400, "Missing PIN", "missing-pin")]
    [InlineData("""{"pin":"000000"}""", 401, "Invalid PIN", "invalid-pin")]
    [InlineData("""{"pin":"2468011"}""", 401, "Invalid PIN", "invalid-pin")]
    [InlineData("""{"pin":" 246801"}""", 401, "Invalid PIN", "invalid-pin")]
    [InlineData("""{"pin":246801}""", 400, "Invalid input", "invalid-input")]
    public async Task Anything_but_the_right_PIN_is_refused_in_the_seeds_words(string json, int expected, string error, string code)
    {
        await using var server = await TestServer.StartAsync();
        using var answer = await server.Anonymous.RawAsync("POST", "/api/auth/login", System.Text.Encoding.UTF8.GetBytes(json));
        var text = await answer.Content.ReadAsStringAsync();
        Assert.Equal(expected, (int)answer.StatusCode);
        Assert.Contains($"\"error\":\"{error}\"", text, StringComparison.Ordinal);
        Assert.Contains($"\"code\":\"{code}\"", text, StringComparison.Ordinal);
        Assert.False(answer.Headers.Contains("Set-Cookie"));
    }

    [Fact]
    public async Task The_sixth_attempt_of_a_quarter_hour_is_refused_even_with_the_right_PIN_and_after_a_restart()
    {
        await using var server = await TestServer.StartAsync();
        for (var left = 4; left >= 0; left--)
        {
            using var wrong = await server.Anonymous.RawAsync("POST", "/api/auth/login", """{"pin":"111222"}"""u8.ToArray());
            Assert.Equal(HttpStatusCode.Unauthorized, wrong.StatusCode);
            Assert.Equal("5", wrong.Headers.GetValues("X-RateLimit-Limit").Single());
            Assert.Equal(left.ToString(CultureInfo.InvariantCulture), wrong.Headers.GetValues("X-RateLimit-Remaining").Single());
        }

        await using var again = await server.RestartAsync();
        using var sixth = await again.Anonymous.RawAsync("POST", "/api/auth/login", System.Text.Encoding.UTF8.GetBytes(Good));
        Assert.Equal(429, (int)sixth.StatusCode);
        Assert.Equal(900, sixth.Headers.RetryAfter!.Delta!.Value.TotalSeconds);
        Assert.Equal("0", sixth.Headers.GetValues("X-RateLimit-Remaining").Single());
        Assert.Equal((TestServer.Start + TimeSpan.FromMinutes(15)).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture), sixth.Headers.GetValues("X-RateLimit-Reset").Single());
        Assert.Contains("Rate limit exceeded", await sixth.Content.ReadAsStringAsync(), StringComparison.Ordinal);

        // API keys go on, and the window ends with the clock, not with the last attempt.
        Assert.Equal(201, await SignalAsync(again.Client));
        again.Clock.Advance(TimeSpan.FromMinutes(15));
        await again.LoginAsync();
    }

    [Fact]
    public async Task Attempts_at_the_same_moment_are_counted_one_by_one()
    {
        await using var server = await TestServer.StartAsync();
        var statuses = await Task.WhenAll(Enumerable.Range(0, 20).Select(async _ => (await server.Anonymous.SendAsync("POST", "/api/auth/login", """{"pin":"111222"}""")).Status));
        Assert.Equal(5, statuses.Count(static status => status == 401));
        Assert.Equal(15, statuses.Count(static status => status == 429));
    }

    [Fact]
    public async Task Fifty_attempts_an_hour_are_all_that_strangers_have_together_and_the_owner_has_a_budget_of_his_own()
    {
        await using var server = await TestServer.StartAsync(("TRUSTED_PROXIES", "127.0.0.1"), ("IP_ALLOWLIST", "203.0.113.9,198.51.100.0/24"));
        Task<int> From(string address, string json) => StatusAsync(server, json, address);

        // Who is not in IP_ALLOWLIST does not even reach the login.
        Assert.Equal(403, await From("192.0.2.1", Good));
        for (var i = 0; i < 50; i++)
        {
            Assert.Equal(401, await From($"198.51.100.{i}", """{"pin":"111"}"""));
        }

        Assert.Equal(429, await From("198.51.100.77", Good));
        server.Clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(200, await From("198.51.100.77", Good));
    }

    [Fact]
    public async Task Strangers_that_use_up_their_budget_do_not_lock_loopback_out()
    {
        await using var server = await TestServer.StartAsync(("TRUSTED_PROXIES", "127.0.0.1"));
        for (var i = 0; i < 50; i++)
        {
            Assert.Equal(401, await StatusAsync(server, """{"pin":"111"}""", $"192.0.2.{i}"));
        }

        Assert.Equal(429, await StatusAsync(server, Good, "192.0.2.200"));
        Assert.Equal(429, await StatusAsync(server, Good, "2001:db8::1"));
        await server.LoginAsync();
    }

    [Fact]
    public async Task An_IPv6_customer_is_one_client_and_an_IPv4_address_in_IPv6_clothes_is_the_same()
    {
        await using var server = await TestServer.StartAsync(("TRUSTED_PROXIES", "127.0.0.1"));
        for (var i = 1; i <= 5; i++)
        {
            Assert.Equal(401, await StatusAsync(server, """{"pin":"111"}""", $"[2001:db8:1:2::{i}]:4{i}"));
            Assert.Equal(401, await StatusAsync(server, """{"pin":"111"}""", i % 2 == 0 ? "192.0.2.1" : "::ffff:192.0.2.1"));
        }

        Assert.Equal(429, await StatusAsync(server, Good, "2001:db8:1:2:ffff::"));
        Assert.Equal(200, await StatusAsync(server, Good, "2001:db8:1:3::1"));
        Assert.Equal(429, await StatusAsync(server, Good, "192.0.2.1"));
    }

    [Fact]
    public async Task Without_TRUSTED_PROXIES_nobody_can_name_another_address()
    {
        await using var server = await TestServer.StartAsync();
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(401, await StatusAsync(server, """{"pin":"111"}""", $"192.0.2.{i}"));
        }

        Assert.Equal(429, await StatusAsync(server, Good, "192.0.2.100"));
    }

    [Fact]
    public async Task Only_the_part_that_a_trusted_proxy_wrote_counts()
    {
        await using var server = await TestServer.StartAsync(("TRUSTED_PROXIES", "127.0.0.1"));
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(401, await StatusAsync(server, """{"pin":"111"}""", $"10.9.8.{i}, 192.0.2.7"));
        }

        Assert.Equal(429, await StatusAsync(server, Good, "127.0.0.1, 192.0.2.7"));
    }

    [Fact]
    public async Task A_page_of_another_site_cannot_use_up_the_owners_attempts()
    {
        await using var server = await TestServer.StartAsync(("CORS_ORIGINS", "http://dashboard.example"));
        for (var i = 0; i < 6; i++)
        {
            var (status, body) = await server.Anonymous.SendAsync("POST", "/api/auth/login", Good, ("Origin", "https://evil.example"));
            Assert.Equal((403, "cross-site-write"), (status, (string?)body["code"]));
        }

        Assert.Equal(403, (await server.Anonymous.SendAsync("POST", "/api/auth/login", Good, ("Sec-Fetch-Site", "cross-site"))).Status);
        Assert.Equal(200, (await server.Anonymous.SendAsync("POST", "/api/auth/login", Good, ("Origin", "http://dashboard.example"))).Status);
        await server.LoginAsync();
        await using var open = await server.RestartAsync(("CORS_ORIGINS", "*"));
        Assert.Equal(200, (await open.Anonymous.SendAsync("POST", "/api/auth/login", Good, ("Origin", "https://any.example"))).Status);
    }

    [Fact]
    public async Task The_PIN_may_be_set_as_its_hash()
    {
        var hash = Pilothouse.Configuration.PinHash.Make("975310");
        await using var server = await TestServer.StartAsync(("BOT_CONTROL_PIN", hash));
        Assert.Equal(401, (await server.Anonymous.SendAsync("POST", "/api/auth/login", Good)).Status);
        Assert.Equal(200, (await server.Anonymous.SendAsync("POST", "/api/auth/login", """{"pin":"975310"}""")).Status);
    }

    internal static async Task<int> SignalAsync(HttpClient client, params (string Name, string Value)[] headers) =>
        (await client.SendAsync("POST", "/api/signals", """{"trading_pair":"A/B","signal_type":"BUY","signal_strength":1,"price":1}""", headers)).Status;

    internal static async Task<(string Authenticated, int? ExpiresIn)> CheckAsync(HttpClient client, params (string Name, string Value)[] headers)
    {
        var (status, body) = await client.SendAsync("GET", "/api/auth/check", null, headers);
        Assert.Equal(200, status);
        Assert.True(body.ContainsKey("expires_in"));
        return (body["authenticated"]!.ToJsonString(), (int?)body["expires_in"]);
    }

    private static async Task<int> StatusAsync(TestServer server, string json, string forwardedFor) =>
        (await server.Anonymous.SendAsync("POST", "/api/auth/login", json, ("X-Forwarded-For", forwardedFor))).Status;
}

using System.Globalization;
using Pilothouse.Tests.Auth;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Api;

/// <summary>What every answer has in common: headers, form of errors, request id.</summary>
public sealed class FrontTests
{
    [Theory]
    [InlineData(200, "GET", "/api/signals")]
    [InlineData(200, "GET", "/health")]
    [InlineData(200, "GET", "/openapi/v1.json")]
    [InlineData(200, "GET", "/docs/")]
    [InlineData(201, "POST", "/api/signals", """{"trading_pair":"A/B","signal_type":"BUY","signal_strength":1,"price":1}""")]
    [InlineData(400, "POST", "/api/signals", "{}")]
    [InlineData(400, "GET", "/api/signals?limit=abc")]
    [InlineData(401, "POST", "/api/auth/login", """{"pin":"111222"}""")]
    [InlineData(404, "GET", "/nothing/here")]
    [InlineData(404, "GET", "/api/signals/latest?trading_pair=none")]
    [InlineData(405, "PUT", "/api/signals")]
    [InlineData(403, "GET", "/health", null, "Host", "evil.example")]
    [InlineData(500, "GET", "/api/signals?limit=7")]
    public async Task Every_answer_has_a_request_id_and_the_security_headers(int expected, string method, string path, string? json = null, string? name = null, string? value = null)
    {
        await using var server = await TestServer.StartAsync();
        if (expected == 500)
        {
            server.Sql("ALTER TABLE signals RENAME TO gone");
        }

        (string, string)[] headers = name is null ? [("X-Request-Id", "my-id.1")] : [("X-Request-Id", "my-id.1"), (name, value!)];
        using var answer = await server.Client.RawAsync(method, path, json is null ? null : System.Text.Encoding.UTF8.GetBytes(json), headers);
        Assert.Equal(expected, (int)answer.StatusCode);
        Assert.Equal("my-id.1", answer.Headers.GetValues("X-Request-Id").Single());
        Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.Equal("DENY", answer.Headers.GetValues("X-Frame-Options").Single());
        Assert.Equal("no-referrer", answer.Headers.GetValues("Referrer-Policy").Single());
        Assert.Equal("same-origin", answer.Headers.GetValues("Cross-Origin-Opener-Policy").Single());
        Assert.Equal("same-origin", answer.Headers.GetValues("Cross-Origin-Resource-Policy").Single());
        Assert.StartsWith("default-src 'none'; ", answer.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", answer.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        Assert.True(answer.Headers.CacheControl!.NoStore);
        Assert.False(answer.Headers.Contains("Server"));
        if (expected >= 400)
        {
            var text = await answer.Content.ReadAsStringAsync();
            Assert.StartsWith("{\"success\":false,\"error\":", text, StringComparison.Ordinal);
            Assert.DoesNotContain("SQL", text, StringComparison.OrdinalIgnoreCase);
        }
    }

    [Fact]
    public async Task The_page_runs_no_script_but_the_servers_own()
    {
        await using var server = await TestServer.StartAsync();
        var nonces = new HashSet<string>();
        for (var i = 0; i < 2; i++)
        {
            using var answer = await server.Anonymous.RawAsync("GET", "/docs/");
            var policy = answer.Headers.GetValues("Content-Security-Policy").Single();
            var allowed = policy.Split("; ").Single(static part => part.StartsWith("script-src ", StringComparison.Ordinal)).Split(' ')[1..];
            Assert.Equal(2, allowed.Length);
            Assert.Equal("'self'", allowed[0]);
            Assert.StartsWith("'nonce-", allowed[1], StringComparison.Ordinal);
            var nonce = allowed[1]["'nonce-".Length..^1];
            Assert.True(nonces.Add(nonce), "a number that is used twice can be guessed");
            Assert.Contains("base-uri 'none'", policy, StringComparison.Ordinal);
            Assert.Contains("form-action 'none'", policy, StringComparison.Ordinal);

            // Each script is the server's own or carries the number, and no element runs one by an attribute.
            var page = await answer.Content.ReadAsStringAsync();
            var scripts = System.Text.RegularExpressions.Regex.Matches(page, "<script[^>]*>");
            Assert.NotEmpty(scripts);
            Assert.All(scripts, tag => Assert.True(tag.Value.Contains($"nonce=\"{nonce}\"", StringComparison.Ordinal) || System.Text.RegularExpressions.Regex.IsMatch(tag.Value, "src=\"(?!//|https?:)"), tag.Value));
            Assert.DoesNotMatch("<[a-z]+[^>]*\\son[a-z]+\\s*=|javascript:", page);
            Assert.DoesNotMatch("(src|href)=\"(https?:)?//", page);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("has space")]
    [InlineData("semi;colon")]
    [InlineData("a/b")]
    [InlineData("0123456789012345678901234567890123456789012345678901234567890123x")]
    public async Task A_request_id_of_another_form_is_replaced(string id)
    {
        await using var server = await TestServer.StartAsync();
        using var answer = await server.Client.RawAsync("GET", "/health", null, ("X-Request-Id", id));
        Assert.Matches("^[0-9a-f]{16}$", answer.Headers.GetValues("X-Request-Id").Single());
    }

    [Fact]
    public async Task Every_GET_answers_HEAD_the_same_without_a_body()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/signals", """{"trading_pair":"A/B","signal_type":"BUY","signal_strength":1,"price":1}""");
        var paths = (await server.GetAsync("/openapi/v1.json"))["paths"]!.AsObject().Where(static path => path.Value!["get"] is not null)
            .Select(static path => path.Key.Replace("{id}", "1", StringComparison.Ordinal).Replace("{name}", "x", StringComparison.Ordinal));
        foreach (var path in paths.Concat(["/openapi/v1.json", "/docs/", "/nothing", "/api/signals?limit=x"]))
        {
            using var get = await server.Client.RawAsync("GET", path);
            using var head = await server.Client.RawAsync("HEAD", path);
            Assert.True(get.StatusCode == head.StatusCode, $"{path}: GET {get.StatusCode}, HEAD {head.StatusCode}");
            Assert.Equal(get.Content.Headers.ContentType, head.Content.Headers.ContentType);
            Assert.Empty(await head.Content.ReadAsByteArrayAsync());
        }
    }

    [Theory]
    [InlineData("localhost", 200)]
    [InlineData("LOCALHOST:9999", 200)]
    [InlineData("127.0.0.1:3000", 200)]
    [InlineData("[::1]:3000", 200)]
    [InlineData("bots.example", 200)]
    [InlineData("evil.example", 403)]
    [InlineData("localhost.evil.example", 403)]
    [InlineData("127.0.0.1.nip.io", 403)]
    [InlineData("[2001:db8::1]:3000", 403)]
    public async Task Only_our_own_names_are_served(string host, int expected)
    {
        await using var server = await TestServer.StartAsync(("ALLOWED_HOSTS", "bots.example, other.example"));
        var (status, body) = await server.Client.SendAsync("GET", "/api/signals", null, ("Host", host));
        Assert.Equal(expected, status);
        Assert.Equal(expected == 200 ? null : "host-not-allowed", (string?)body["code"]);
    }

    [Fact]
    public async Task A_star_in_ALLOWED_HOSTS_serves_every_name()
    {
        await using var server = await TestServer.StartAsync(("ALLOWED_HOSTS", "*"));
        Assert.Equal(200, (await server.Client.SendAsync("GET", "/api/signals", null, ("Host", "whatever.example"))).Status);
    }

    [Fact]
    public async Task An_allowed_origin_may_ask_and_read_also_refusals()
    {
        const string Origin = "http://localhost:5000";
        await using var server = await TestServer.StartAsync(("CORS_ORIGINS", Origin + "/"), ("REQUIRE_AUTH_FOR_READS", "true"), ("RATE_LIMIT_ENABLED", "true"), ("RATE_LIMIT_PER_HOUR", "2"));
        using (var preflight = await PreflightAsync(server, Origin))
        {
            Assert.Equal(204, (int)preflight.StatusCode);
            Assert.Equal(Origin, preflight.Headers.GetValues("Access-Control-Allow-Origin").Single());
            Assert.Equal("true", preflight.Headers.GetValues("Access-Control-Allow-Credentials").Single());
            Assert.Contains("Idempotency-Key", preflight.Headers.GetValues("Access-Control-Allow-Headers").Single(), StringComparison.OrdinalIgnoreCase);
            Assert.True(preflight.Headers.Contains("X-Request-Id"));
        }

        foreach (var (path, status) in new[] { ("/health", 200), ("/api/signals", 401), ("/api/nothing", 401), ("/api/nothing", 401), ("/api/nothing", 429) })
        {
            using var answer = await server.Anonymous.RawAsync("GET", path, null, ("Origin", Origin));
            Assert.Equal(status, (int)answer.StatusCode);
            Assert.Equal(Origin, answer.Headers.GetValues("Access-Control-Allow-Origin").Single());
            Assert.Contains("Retry-After", string.Join(',', answer.Headers.GetValues("Access-Control-Expose-Headers")), StringComparison.Ordinal);
        }

        using var foreign = await PreflightAsync(server, "https://evil.example");
        Assert.False(foreign.Headers.Contains("Access-Control-Allow-Origin"));
        using var simple = await server.Anonymous.RawAsync("GET", "/health", null, ("Origin", "https://evil.example"));
        Assert.False(simple.Headers.Contains("Access-Control-Allow-Origin"));
    }

    [Fact]
    public async Task A_star_lets_every_page_read_but_with_no_credentials_and_unset_lets_none()
    {
        await using var server = await TestServer.StartAsync(("CORS_ORIGINS", "*"));
        using var any = await PreflightAsync(server, "https://any.example");
        Assert.Equal("*", any.Headers.GetValues("Access-Control-Allow-Origin").Single());
        Assert.False(any.Headers.Contains("Access-Control-Allow-Credentials"));
        await using var none = await server.RestartAsync();
        using var refused = await PreflightAsync(none, "http://localhost:5000");
        Assert.Equal(405, (int)refused.StatusCode);
        Assert.False(refused.Headers.Contains("Access-Control-Allow-Origin"));
    }

    [Fact]
    public async Task IP_ALLOWLIST_lets_in_what_it_names_and_loopback()
    {
        await using var server = await TestServer.StartAsync(("IP_ALLOWLIST", "192.0.2.0/28, 2001:db8::/32"), ("TRUSTED_PROXIES", "127.0.0.1"));
        foreach (var (address, expected) in new[] { ("192.0.2.15", 200), ("192.0.2.16", 403), ("::ffff:192.0.2.1", 200), ("2001:db8:5::1", 200), ("2001:db9::1", 403), ("127.0.0.1", 403) })
        {
            var (status, body) = await server.Client.SendAsync("GET", "/api/signals", null, ("X-Forwarded-For", address));
            Assert.True(status == expected, $"{address} got {status}");
            Assert.Equal(expected == 200 ? null : "address-not-allowed", (string?)body["code"]);
        }

        await server.GetAsync("/api/signals");
    }

    [Fact]
    public async Task FORCE_HTTPS_sends_everything_but_health_to_https()
    {
        await using var server = await TestServer.StartAsync(("FORCE_HTTPS", "true"), ("TRUSTED_PROXIES", "127.0.0.1"));
        using var plain = await server.Anonymous.RawAsync("GET", "/api/signals?limit=1");
        Assert.Equal(308, (int)plain.StatusCode);
        Assert.Equal("https://127.0.0.1/api/signals?limit=1", plain.Headers.Location!.ToString());
        Assert.Equal(200, (await server.Anonymous.SendAsync("GET", "/health")).Status);
        using var safe = await server.Anonymous.RawAsync("GET", "/api/signals", null, ("X-Forwarded-Proto", "https"));
        Assert.Equal(200, (int)safe.StatusCode);
        Assert.Equal("max-age=31536000", safe.Headers.GetValues("Strict-Transport-Security").Single());
    }

    [Theory]
    [InlineData(null, 200)]
    [InlineData("false", 200)]
    [InlineData("true", 401)]
    public async Task Reads_need_a_credential_where_the_owner_says_so(string? setting, int expected)
    {
        await using var server = await TestServer.StartAsync(("REQUIRE_AUTH_FOR_READS", setting ?? ""));
        Assert.Equal(expected, (await server.Anonymous.SendAsync("GET", "/api/signals")).Status);
        Assert.Equal(200, (await server.Client.SendAsync("GET", "/api/signals")).Status);
        Assert.Equal(200, (await server.Anonymous.SendAsync("GET", "/health")).Status);
        Assert.Equal("false", (await LoginTests.CheckAsync(server.Anonymous)).Authenticated);
        await server.LoginAsync();
    }

    private static Task<HttpResponseMessage> PreflightAsync(TestServer server, string origin) => server.Anonymous.RawAsync("OPTIONS", "/api/signals", null,
        ("Origin", origin), ("Access-Control-Request-Method", "POST"), ("Access-Control-Request-Headers", string.Create(CultureInfo.InvariantCulture, $"authorization,content-type,idempotency-key")));
}

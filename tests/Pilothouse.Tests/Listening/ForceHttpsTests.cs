using System.Net;
using Microsoft.AspNetCore.Http;
using Pilothouse.Contract;
using Pilothouse.Http;
using Pilothouse.Tests.Auth;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Listening;

/// <summary>FORCE_HTTPS with a certificate of our own; FrontTests has it behind a proxy.</summary>
public sealed class ForceHttpsTests
{
    [Fact]
    public async Task Http_leads_to_https_in_one_step_and_carries_out_nothing()
    {
        using var folder = new TemporaryFolder();
        var settings = MadeCertificate.MakeGood().WriteTo(folder);
        await using var server = await TestServer.StartAsync(folder, null, [.. settings, ("FORCE_HTTPS", "true"), ("RATE_LIMIT_ENABLED", "true")]);
        var port = HttpsTests.PortOf(settings);
        foreach (var (method, path) in new[] { ("GET", "/api/signals?limit=1&trading_pair=A%2FB"), ("GET", "/docs/"), ("GET", "/openapi/v1.json"), ("GET", "/nothing"), ("HEAD", "/api/trades"), ("OPTIONS", "/api/keys"), ("DELETE", "/api/keys/1"), ("GET", "/healthy"), ("GET", "/%61pi/signals") })
        {
            using var plain = await server.Client.RawAsync(method, path);
            Assert.True((int)plain.StatusCode == 308, $"{method} {path} answered {plain.StatusCode}");
            Assert.Equal($"https://127.0.0.1:{port}{path.Replace("%61", "a", StringComparison.Ordinal)}", plain.Headers.Location!.OriginalString);
            Assert.False(plain.Headers.Contains("Strict-Transport-Security"));
            Assert.False(plain.Headers.Contains("X-RateLimit-Limit"));
        }

        // Valid credentials are not used, and no login succeeds.
        Assert.Equal(308, await LoginTests.SignalAsync(server.Client));
        using (var login = await server.Anonymous.RawAsync("POST", "/api/auth/login", System.Text.Encoding.UTF8.GetBytes($$"""{"pin":"{{TestServer.Pin}}"}""")))
        {
            Assert.Equal(308, (int)login.StatusCode);
            Assert.False(login.Headers.Contains("Set-Cookie"));
        }

        Assert.Equal("0", server.Sql("SELECT (SELECT count(*) FROM signals) + (SELECT count(*) FROM login_budgets)"));
        foreach (var path in new[] { "/health", "/health/live", "/health/ready" })
        {
            Assert.Equal(200, (await server.Anonymous.SendAsync("GET", path)).Status);
        }

        // A client's own claim that a proxy received the request by https is not believed.
        Assert.Equal(308, (await server.Anonymous.SendAsync("GET", "/api/signals", null, ("X-Forwarded-Proto", "https"))).Status);

        using var safe = HttpsTests.Client(settings);
        using var answer = await safe.RawAsync("GET", "/api/signals");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("max-age=31536000", answer.Headers.GetValues("Strict-Transport-Security").Single());
        using var local = await safe.RawAsync("GET", "/api/signals", null, ("Host", $"localhost:{port}"));
        Assert.False(local.Headers.Contains("Strict-Transport-Security"), "a browser would apply it to every page of this machine");
    }

    [Theory]
    [InlineData("443", "bots.example:3000", "/a?b=c", null, "https://bots.example/a?b=c")]
    [InlineData("3443", "[2001:db8::1]:3000", "/a", null, "https://[2001:db8::1]:3443/a")]
    [InlineData("3443", "bots.example", "//evil.example/a", null, "https://bots.example:3443//evil.example/a")]
    [InlineData("3443", "bots.example", "/a b/ü", null, "https://bots.example:3443/a%20b/%C3%BC")]
    [InlineData("3443", "bots.example", "/a", "X-Original-For", "https://bots.example/a")]
    public void The_redirect_names_the_port_where_it_is_not_the_standard_one(string port, string host, string target, string? header, string expected)
    {
        using var folder = new TemporaryFolder();
        var settings = TestServer.SettingsFor(folder, ("FORCE_HTTPS", "true"), ("TLS_CERT_FILE", "a"), ("TLS_KEY_FILE", "b"), ("HTTPS_PORT", port));
        var http = new DefaultHttpContext();
        http.Request.Scheme = "http";
        http.Request.Host = new HostString(host);
        http.Request.Path = target.Split('?')[0];
        http.Request.QueryString = new QueryString(target.Contains('?', StringComparison.Ordinal) ? "?" + target.Split('?')[1] : "");
        if (header is not null)
        {
            http.Request.Headers[header] = "127.0.0.1:5000";
        }

        Assert.Equal(308, Assert.Throws<Refusal>(() => HttpsOnly.Check(http, settings)).Status);
        Assert.Equal(expected, http.Response.Headers.Location.ToString());
    }

    [Theory]
    [InlineData("/api/signals?a\u0001b")]
    [InlineData("/api/signals?a\tb")]
    [InlineData("/api/signals?a\rb")]
    [InlineData("/api/signals?a\r\rSet-Cookie:x")]
    [InlineData("/api/signals?a\u007fb")]
    [InlineData("/api/\rsignals")]
    [InlineData("/api/\u001bsignals")]
    public async Task Control_characters_lead_nowhere(string target)
    {
        using var folder = new TemporaryFolder();
        await using var server = await TestServer.StartAsync(folder, null, [.. MadeCertificate.MakeGood().WriteTo(folder), ("FORCE_HTTPS", "true")]);
        var (answer, closed) = await RawHttp.SendToEndAsync(server.Anonymous.BaseAddress!.Port, $"GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n");
        Assert.True(RawHttp.Statuses(answer) is [400], answer);
        Assert.True(closed, "what follows could be taken for another request");
        Assert.DoesNotContain("Location", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_request_without_a_name_to_go_to_is_refused()
    {
        using var folder = new TemporaryFolder();
        await using var server = await TestServer.StartAsync(folder, null, [.. MadeCertificate.MakeGood().WriteTo(folder), ("FORCE_HTTPS", "true"), ("ALLOWED_HOSTS", "*")]);
        Assert.Equal(400, await RawHttp.StatusAsync(server.Anonymous.BaseAddress!.Port, "GET /api/signals HTTP/1.0\r\n\r\n"));
        Assert.Equal(200, await RawHttp.StatusAsync(server.Anonymous.BaseAddress!.Port, "GET /health HTTP/1.0\r\n\r\n"));
    }
}

using System.Text;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Api;

/// <summary>Attempts to get around the checks: other spellings of a path, requests whose end is unclear, misleading names and headers.</summary>
public sealed class BypassTests
{
    private const string Signal = """{"trading_pair":"A/B","signal_type":"BUY","signal_strength":1,"price":1}""";

    /// <summary>Spellings of /api/signals that a server, a proxy or a filter may take for it, or for something else.</summary>
    private static readonly string[] Spellings =
    [
        "/api/signals", "/%61pi/signals", "/%61%70%69/signals", "/api/%73ignals", "//api/signals", "///api/signals", "/api//signals", "/api/./signals", "/./api/signals",
        "/x/../api/signals", "/api/x/../signals", "/%2e/api/signals", "/api/%2e%2e/api/signals", "/health/../api/signals", "/health/%2e%2e/api/signals", "/health%2f..%2fapi/signals",
        "/health/..;/api/signals", "/docs/../api/signals", "/openapi/../api/signals", "/api/auth/../signals", "/api/auth/%2e%2e/signals", "/api/auth//../signals", "/api/auth/signals",
        "/api/signals/", "/api/signals//", "/api/signals/.", "/api/signals.", "/api/signals%20", "/api/signals%09", "/api/signals%00", "/api/signals;x=y", "/api/signals/;", "/api%2fsignals", "/api%5csignals",
        "\\api\\signals", "/\\api/signals", "/API/signals", "/Api/Signals", "/api/SIGNALS", "/api/%C5%BFignals", "/ap%C4%B1/signals", "/%2561pi/signals", "/api/%2573ignals", "/api/signals%23", "/api/signals#x",
        "http://localhost/api/signals", "http://localhost:1//api/signals", "https://localhost/api/signals", "/api/signals?x=/health", QueryOfThePage, "*", "api/signals", "",
    ];

    /// <summary>The spelling that is a query of another path: the dashboard's page, which is the same for everybody and holds no record.</summary>
    private const string QueryOfThePage = "/?/api/signals";

    [Fact]
    public async Task No_spelling_of_a_path_reads_or_writes_without_its_right()
    {
        await using var server = await TestServer.StartAsync(("REQUIRE_AUTH_FOR_READS", "true"));
        await server.PostAsync("/api/signals", Signal);
        var port = PortOf(server);
        foreach (var path in Spellings)
        {
            foreach (var method in new[] { "GET", "HEAD", "get", "POST", "PATCH", "DELETE", "OPTIONS", "TRACE" })
            {
                var answer = await RawHttp.SendAsync(port, Request(method, path, method is "POST" or "PATCH" ? Signal : ""));
                var isPage = path == QueryOfThePage && (method is "GET" or "HEAD") && answer.Contains("Content-Type: text/html", StringComparison.Ordinal);
                Assert.True(isPage || RawHttp.Statuses(answer).All(static status => status >= 400), $"{method} {path} answered {answer}");
                Assert.DoesNotContain("A/B", answer, StringComparison.Ordinal);
            }
        }

        Assert.Equal("1", server.Sql("SELECT count(*) FROM signals"));

        // This shows that the test can fail: with a key, the spellings that do lead to the path store a signal.
        var key = await server.CreateKeyAsync("spell", "write");
        Assert.Equal(201, await RawHttp.StatusAsync(port, Request("POST", "/%61pi/x/../SIGNALS/", Signal, $"X-Api-Key: {key}\r\n")));
    }

    [Fact]
    public async Task Every_spelling_of_a_path_uses_up_the_same_limit_and_none_gets_past_the_allowlist()
    {
        await using var server = await TestServer.StartAsync(("RATE_LIMIT_ENABLED", "true"), ("TRUSTED_PROXIES", "127.0.0.1"), ("IP_ALLOWLIST", "203.0.113.0/24"));
        var port = PortOf(server);
        var left = 200;
        foreach (var path in Spellings)
        {
            var answer = await RawHttp.SendAsync(port, Request("GET", path, "", "X-Forwarded-For: 203.0.113.9\r\n"));
            if (RawHttp.Statuses(answer) is [200] && path != QueryOfThePage)
            {
                Assert.Contains($"X-RateLimit-Remaining: {--left}\r\n", answer, StringComparison.Ordinal);
            }

            var stranger = RawHttp.Statuses(await RawHttp.SendAsync(port, Request("GET", path, "", "X-Forwarded-For: 198.51.100.9\r\n")));
            Assert.True(stranger is [403] or [400] or [405] or [], $"{path} answered {string.Join(' ', stranger)}");
        }

        Assert.True(left < 185, "too few spellings were the path");
    }

    [Fact]
    public async Task A_request_whose_end_is_in_doubt_is_refused_and_its_connection_closed()
    {
        await using var server = await TestServer.StartAsync();
        var start = $"POST /api/signals HTTP/1.1\r\nHost: localhost\r\nX-Api-Key: {await server.CreateKeyAsync("frame", "write")}\r\nContent-Type: application/json\r\n";
        foreach (var (headers, body) in new[]
        {
            ("Content-Length: 72\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
            ("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\nGET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"),
            ("Content-Length: 0\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\nGET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"),
            ("Content-Length: 72\r\nContent-Length: 72\r\n", Signal),
            ("Content-Length: 1\r\nContent-Length: 72\r\n", Signal),
            ("Content-Length: 72, 72\r\n", Signal),
            ("Content-Length: -1\r\n", Signal),
            ("Content-Length: 0x48\r\n", Signal),
            ("Content-Length: 7 2\r\n", Signal),
            ("Content-Length: 99999999999999999999\r\n", Signal),
            ("Content-Length : 72\r\n", Signal),
            ("Transfer-Encoding: xchunked\r\nContent-Length: 72\r\n", Signal),
            ("Transfer-Encoding: chunked, identity\r\n", "0\r\n\r\n"),
            ("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"),
            ("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "48\r\n" + Signal + "\r\n0\r\n\r\n"),
            ("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", "48\r\n" + Signal + "\r\n0\r\n\r\n"),
            ("Transfer-Encoding : chunked\r\n", "48\r\n" + Signal + "\r\n0\r\n\r\n"),
            ("Transfer-Encoding: \vchunked\r\n", "48\r\n" + Signal + "\r\n0\r\n\r\n"),
            ("Transfer-Encoding: chunked\r\n", "48\n" + Signal + "\r\n0\r\n\r\n"),
            ("Transfer-Encoding: chunked\r\n", "48;a\n\r\n" + Signal + "\r\n0\r\n\r\n"),
            ("Transfer-Encoding: chunked\r\n", "0x48\r\n" + Signal + "\r\n0\r\n\r\n"),
            ("Transfer-Encoding: chunked\r\n", "-1\r\n" + Signal + "\r\n0\r\n\r\n"),
            ("Transfer-Encoding: chunked\r\n", "100000048\r\n" + Signal + "\r\n0\r\n\r\n"),
            ("Content-Length: 72\nX-A: b\r\n", Signal),
            ("X-A: b\rX-B: c\r\nContent-Length: 72\r\n", Signal),
            ("X-A: b\r\n Content-Length: 1\r\nContent-Length: 72\r\n", Signal),
            ("X-A: b\0c\r\nContent-Length: 72\r\n", Signal),
        })
        {
            var (answer, closed) = await RawHttp.SendToEndAsync(PortOf(server), $"{start}{headers}\r\n{body}");
            Assert.True(RawHttp.Statuses(answer) is [400], $"{headers}{body} answered {answer}");
            Assert.True(closed, $"what follows {headers}{body} would be taken for another request");
        }

        Assert.Equal("0", server.Sql("SELECT count(*) FROM signals"));
    }

    [Fact]
    public async Task A_request_whose_end_is_plain_is_carried_out()
    {
        // This shows that the requests above were refused for the reason that is tested.
        await using var server = await TestServer.StartAsync();
        var key = await server.CreateKeyAsync("frame", "write");
        var start = $"POST /api/signals HTTP/1.1\r\nHost: localhost\r\nX-Api-Key: {key}\r\nContent-Type: application/json\r\n";
        Assert.Equal(72, Signal.Length);
        foreach (var rest in new[] { $"Content-Length: 72\r\n\r\n{Signal}", $"Transfer-Encoding: chunked\r\n\r\n48\r\n{Signal}\r\n0\r\n\r\n", $"Transfer-Encoding: Chunked\r\n\r\n48;a=b\r\n{Signal}\r\n0\r\nX-Trailer: a\r\n\r\n" })
        {
            Assert.Equal(201, await RawHttp.StatusAsync(PortOf(server), start + rest));
        }

        // Two requests on one connection are two requests.
        Assert.Equal([201, 201], RawHttp.Statuses(await RawHttp.SendAsync(PortOf(server), $"{start}Content-Length: 72\r\n\r\n{Signal}{start}Content-Length: 72\r\n\r\n{Signal}")));
    }

    [Fact]
    public async Task Every_spelling_of_a_path_is_the_same_under_an_idempotency_key()
    {
        await using var server = await TestServer.StartAsync();
        var first = await server.Client.SendAsync("POST", "/api/signals", Signal, ("Idempotency-Key", "spelled"));
        foreach (var path in new[] { "/api/signals/", "/API/Signals", "/api/%73ignals" })
        {
            var (status, body) = await server.Client.SendAsync("POST", path, Signal, ("Idempotency-Key", "spelled"));
            Assert.Equal((first.Status, first.Body.ToJsonString()), (status, body.ToJsonString()));
        }

        Assert.Equal("1", server.Sql("SELECT count(*) FROM signals"));

        // Different ids in the path stay different.
        foreach (var id in new[] { 1, 2 })
        {
            await server.PostAsync("/api/trades", """{"trading_pair":"A/B","side":"BUY","entry_price":1,"quantity":1}""");
            Assert.Equal(200, (await server.Client.SendAsync("POST", $"/api/trades/{id}/close", """{"exit_price":2}""", ("Idempotency-Key", "closed"))).Status);
        }

        Assert.Equal("0", server.Sql("SELECT count(*) FROM trades WHERE status = 'open'"));
    }

    [Fact]
    public async Task A_name_that_is_not_ours_is_refused_however_it_is_written()
    {
        await using var server = await TestServer.StartAsync();
        foreach (var (expected, headers) in new[]
        {
            (400, ""),
            (403, "Host:\r\n"),
            (400, "Host: localhost\r\nHost: localhost\r\n"),
            (400, "Host: localhost\r\nHost: evil.example\r\n"),
            (400, "Host: localhost, evil.example\r\n"),
            (400, "Host: localhost:evil\r\n"),
            (400, "Host: localhost@evil.example\r\n"),
            (400, "Host: localhost/evil.example\r\n"),
            (400, "Host: [::1]evil\r\n"),
            (400, "Host : localhost\r\n"),
            (403, "Host: localhost.\r\n"),
            (403, "Host: 127.1\r\n"),
            (403, "Host: 2130706433\r\n"),
            (403, "Host: [::ffff:127.0.0.1]\r\n"),
            (403, "Host: evil.example\r\nX-Forwarded-Host: localhost\r\n"),
            (403, "Host: evil.example\r\nX-Original-Host: localhost\r\n"),
            (200, "Host: LocalHost:1\r\n"),
        })
        {
            var found = await RawHttp.StatusAsync(PortOf(server), $"GET /health HTTP/1.1\r\n{headers}\r\n");
            Assert.True(found == expected, $"{headers} answered {found}");
            foreach (var line in new[] { "GET /health HTTP/1.0", "GET http://evil.example/health HTTP/1.1", "GET http://localhost@evil.example/health HTTP/1.1" })
            {
                found = await RawHttp.StatusAsync(PortOf(server), $"{line}\r\n{headers}\r\n");
                Assert.True(found is 400 or 403 || (expected == 200 && line.EndsWith("1.0", StringComparison.Ordinal)), $"{line} {headers} answered {found}");
            }
        }
    }

    [Fact]
    public async Task No_header_of_a_request_becomes_a_header_of_its_answer_or_another_method()
    {
        await using var server = await TestServer.StartAsync(("TRUSTED_PROXIES", "127.0.0.1"), ("CORS_ORIGINS", "http://localhost:5000"));
        var port = PortOf(server);
        foreach (var header in new[] { "X-Request-Id: a%0d%0aSet-Cookie: x=y", "X-Request-Id: a\tSet-Cookie: x=y", "Origin: http://localhost:5000%0d%0aSet-Cookie: x=y", "X-Forwarded-For: 1.2.3.4%0d%0aSet-Cookie: x=y", "X-Forwarded-Proto: https%0d%0aSet-Cookie: x=y" })
        {
            var answer = await RawHttp.SendAsync(port, Request("GET", "/api/signals?x=%0d%0aSet-Cookie:%20x=y", "", header + "\r\n"));
            Assert.Equal([200], RawHttp.Statuses(answer));
            Assert.DoesNotContain("Set-Cookie", answer, StringComparison.OrdinalIgnoreCase);
        }

        var id = await server.PostAsync("/api/keys", """{"name":"stays","scopes":["read"]}""");
        foreach (var name in new[] { "X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override" })
        {
            Assert.Equal(405, (await server.Client.SendAsync("GET", $"/api/keys/{id["key_id"]}?_method=DELETE", null, (name, "DELETE"))).Status);
        }

        foreach (var (name, value) in new[] { ("X-Original-URL", "/api/keys"), ("X-Rewrite-URL", "/api/keys") })
        {
            Assert.Equal("healthy", (string?)(await server.Client.SendAsync("GET", "/health", null, (name, value))).Body["status"]);
        }

        Assert.Equal("0", server.Sql("SELECT count(*) FROM api_keys WHERE revoked_at IS NOT NULL"));
    }

    [Fact]
    public async Task A_credential_in_the_query_or_the_body_is_none()
    {
        await using var server = await TestServer.StartAsync(("REQUIRE_AUTH_FOR_READS", "true"));
        var key = await server.CreateKeyAsync("query", "read", "write");
        var token = await server.LoginAsync();
        foreach (var credential in new[] { key, token })
        {
            foreach (var name in new[] { "api_key", "apikey", "key", "token", "access_token", "authorization", "x-api-key", "pilothouse_session", "jwt" })
            {
                Assert.Equal(401, (await server.Anonymous.SendAsync("GET", $"/api/signals?{name}={credential}")).Status);
                Assert.Equal(401, (await server.Anonymous.SendAsync("POST", $"/api/signals?{name}={credential}", Signal[..^1] + $",\"{name}\":\"{credential}\"}}")).Status);
            }

            Assert.Equal(401, (await server.Anonymous.SendAsync("GET", "/api/signals", null, ("Authorization", $"Basic {Convert.ToBase64String(Encoding.ASCII.GetBytes("x:" + credential))}"))).Status);
            Assert.Equal(401, (await server.Anonymous.SendAsync("GET", "/api/signals", null, ("Authorization", $"Token {credential}"))).Status);
            Assert.Equal(401, (await server.Anonymous.SendAsync("GET", "/api/signals", null, ("Authorization", credential))).Status);
        }
    }

    private static int PortOf(TestServer server) => server.Anonymous.BaseAddress!.Port;

    private static string Request(string method, string target, string body, string headers = "") =>
        $"{method} {target} HTTP/1.1\r\nHost: localhost\r\n{headers}{(body.Length > 0 ? $"Content-Type: application/json\r\nContent-Length: {body.Length}\r\n" : "")}\r\n{body}";
}

using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Deployment;

/// <summary>The shipped nginx file, run by Debian's nginx in front of a server as an owner runs it.</summary>
public sealed class NginxTests
{
    /// <summary>Every failure has this shape, whoever of the two answers.</summary>
    private static async Task<JsonObject> FailureAsync(HttpResponseMessage answer, int status, string code)
    {
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True((int)answer.StatusCode == status, $"{(int)answer.StatusCode}: {text}");
        Assert.Equal("application/json", answer.Content.Headers.ContentType?.MediaType);
        var body = JsonNode.Parse(text)!.AsObject();
        Assert.Equal(["success", "error", "message", "code"], body.Select(static field => field.Key));
        Assert.False((bool)body["success"]!);
        Assert.Equal(code, (string?)body["code"]);
        return body;
    }

    private static Task<ServerProcess> ServeAsync(TemporaryFolder folder) =>
        ServerProcess.ServeAsync(folder, ("TRUSTED_PROXIES", "127.0.0.1"), ("ALLOWED_HOSTS", Nginx.Name), ("FORCE_HTTPS", "true"), ("LOG_DIR", folder.File("logs")));

    [Fact]
    public async Task Https_reaches_the_server_and_http_is_sent_there()
    {
        Nginx.SkipWhereMissing();
        using var folder = new TemporaryFolder();
        await using var server = await ServeAsync(folder);
        await using var nginx = await Nginx.StartAsync(server.Port);
        using var client = nginx.ClientFrom("127.0.0.2");
        using var health = await client.GetAsync("/health");
        Assert.Equal(HttpStatusCode.OK, health.StatusCode);
        Assert.Equal("max-age=31536000", health.Headers.GetValues("Strict-Transport-Security").Single());
        Assert.Equal("nginx", health.Headers.Server.ToString());

        using var plain = nginx.ClientFrom("127.0.0.2", tls: false);
        using var sent = await plain.RawAsync("POST", "/api/signals?a=b%20c", "{}"u8.ToArray());
        Assert.Equal(308, (int)sent.StatusCode);
        Assert.Equal($"https://{Nginx.Name}/api/signals?a=b%20c", sent.Headers.Location!.OriginalString);
        Assert.Equal("challenge", await plain.GetStringAsync("/.well-known/acme-challenge/token"));
        Assert.Equal(404, (int)(await plain.GetAsync("/.well-known/acme-challenge/other")).StatusCode);

        // Directly to the server, without a proxy's headers, the request counts as http.
        using var direct = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = server.Client.BaseAddress };
        Assert.Equal(308, (int)(await direct.GetAsync("/api/signals")).StatusCode);
    }

    [Fact]
    public async Task Under_a_path_of_its_own_the_document_and_the_page_lead_to_that_path()
    {
        Nginx.SkipWhereMissing();
        using var folder = new TemporaryFolder();
        await using var server = await ServeAsync(folder);
        await using var nginx = await Nginx.StartAsync(server.Port,
            ("    location / {\n        proxy_pass http://pilothouse;", "    location /pilothouse/ {\n        proxy_pass http://pilothouse/;"),
            ("X-Forwarded-Prefix \"\"", "X-Forwarded-Prefix /pilothouse"));
        using var client = nginx.ClientFrom("127.0.0.2");
        var (status, document) = await client.SendAsync("GET", "/pilothouse/openapi/v1.json");
        Assert.Equal((200, $"https://{Nginx.Name}/pilothouse"), (status, (string?)document["servers"]![0]!["url"]));
        Assert.EndsWith("_pilothouse", (string?)document["components"]!["securitySchemes"]!["session"]!["name"], StringComparison.Ordinal);
        foreach (var path in new[] { "/pilothouse/api/signals", "/pilothouse/docs/", "/pilothouse/docs/scalar.js" })
        {
            using var answer = await client.GetAsync(path);
            Assert.True(answer.IsSuccessStatusCode, $"{path} answered {answer.StatusCode}");
        }
    }

    [Fact]
    public async Task The_server_sees_the_clients_address_and_believes_no_invented_one()
    {
        Nginx.SkipWhereMissing();
        using var folder = new TemporaryFolder();
        await using var server = await ServeAsync(folder);
        await using var nginx = await Nginx.StartAsync(server.Port);
        using var client = nginx.ClientFrom("127.0.0.7");
        await client.RawAsync("GET", "/api/signals?secret=query", null, ("X-Request-Id", "honest"));
        await client.RawAsync("GET", "/api/signals", null, ("X-Request-Id", "spoofed"), ("X-Forwarded-For", "10.1.2.3"), ("X-Forwarded-Proto", "http"), ("X-Forwarded-Host", "evil.example"), ("Forwarded", "for=10.1.2.3;host=evil.example"));
        await client.RawAsync("GET", "/api/signals", null, ("X-Request-Id", "spoofed-list"), ("X-Forwarded-For", "10.1.2.3, 127.0.0.1"), ("X-Real-IP", "10.1.2.3"));
        await client.RawAsync("POST", "/api/webhooks/tradingview/btc/wh_secret0123456789", "{}"u8.ToArray());
        await client.RawAsync("POST", "/API/webhooks/tradingview/btc/wh%5Fsecret0123456789/more", "{}"u8.ToArray());
        await server.TerminateAsync();
        var log = await File.ReadAllTextAsync(folder.File("logs/mcp_server.log"));
        foreach (var id in new[] { "honest", "spoofed", "spoofed-list" })
        {
            var line = JsonNode.Parse(log.Split('\n').Single(text => text.Contains($"\"{id}\"", StringComparison.Ordinal)))!;
            Assert.Equal("127.0.0.7", (string?)line["client"]);
            Assert.Equal(200, (int)line["status"]!);
        }

        var own = await File.ReadAllTextAsync(nginx.Folder.File("pilothouse.access.log"));
        Assert.Contains("\"client\":\"127.0.0.7\",\"method\":\"GET\",\"path\":\"/api/signals\",\"status\":200", own, StringComparison.Ordinal);
        Assert.Contains("\"request_id\":\"honest\"", own, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", own, StringComparison.Ordinal);
        Assert.Contains("\"path\":\"/api/webhooks/tradingview/btc/***\"", own, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Other_names_get_no_answer()
    {
        Nginx.SkipWhereMissing();
        await using var nginx = await Nginx.StartAsync(ServerProcess.FreePort());
        using var client = nginx.ClientFrom("127.0.0.2");
        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync("https://other.example/health"));
        using var plain = nginx.ClientFrom("127.0.0.2", tls: false);
        await Assert.ThrowsAsync<HttpRequestException>(() => plain.GetAsync("http://other.example/health"));
    }

    [Fact]
    public async Task A_flood_is_429_and_another_client_does_not_notice()
    {
        Nginx.SkipWhereMissing();
        using var folder = new TemporaryFolder();
        await using var server = await ServeAsync(folder);
        await using var nginx = await Nginx.StartAsync(server.Port);
        using var client = nginx.ClientFrom("127.0.0.3");
        var answers = await Task.WhenAll(Enumerable.Range(0, 16).Select(async _ =>
        {
            var mine = new List<HttpResponseMessage>();
            for (var i = 0; i < 40; i++)
            {
                mine.Add(await client.GetAsync("/health/live"));
            }

            return mine;
        }));
        var all = answers.SelectMany(static list => list).ToLookup(static answer => (int)answer.StatusCode);
        Assert.Equal([200, 429], all.Select(static group => group.Key).Order());
        Assert.InRange(all[200].Count(), 201, 639);
        await FailureAsync(all[429].First(), 429, "rate-limited");
        Assert.Equal(TimeSpan.FromSeconds(1), all[429].First().Headers.RetryAfter!.Delta);

        using var other = nginx.ClientFrom("127.0.0.4");
        Assert.Equal(HttpStatusCode.OK, (await other.GetAsync("/health/live")).StatusCode);
    }

    [Fact]
    public async Task Logins_are_counted_under_every_spelling_of_the_path()
    {
        Nginx.SkipWhereMissing();
        using var folder = new TemporaryFolder();
        await using var server = await ServeAsync(folder);
        await using var nginx = await Nginx.StartAsync(server.Port);
        using var client = nginx.ClientFrom("127.0.0.5");
        string[] spellings = ["/api/auth/login", "/API/auth/LOGIN", "/api/auth/%6Cogin", "/api/auth/login/", "/api/./auth/login", "/api//auth/login", "/api/auth/login?x=1"];
        var last = new HttpResponseMessage();
        foreach (var path in spellings)
        {
            last = await client.RawAsync("POST", path, "{}"u8.ToArray());
        }

        // The sixth is the server's 429 at the latest, the seventh is nginx's.
        var body = await FailureAsync(last, 429, "rate-limited");
        Assert.StartsWith("Too many requests from this address", (string?)body["message"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Long_bodies_are_413_but_a_batch_may_be_long()
    {
        Nginx.SkipWhereMissing();
        using var folder = new TemporaryFolder();
        await using var server = await ServeAsync(folder);
        await using var nginx = await Nginx.StartAsync(server.Port);
        using var client = nginx.ClientFrom("127.0.0.2");
        await FailureAsync(await client.RawAsync("POST", "/api/signals", new byte[(1 << 20) + 1]), 413, "body-too-large");
        await FailureAsync(await client.RawAsync("POST", "/api/signals/batch", new byte[(16 << 20) + 1]), 413, "body-too-large");
        var (status, body) = await client.SendAsync("POST", "/api/signals/batch", new string(' ', 2 << 20));
        Assert.True(status is 401 or 404, $"{status}: {body.ToJsonString()}");
        await FailureAsync(await client.GetAsync("/metrics"), 403, "address-not-allowed");
        await FailureAsync(await client.GetAsync("/health?" + new string('x', 40_000)), 414, "bad-request");
        using var headers = await client.RawAsync("GET", "/health", null, ("X-Long", new string('x', 40_000)));
        await FailureAsync(headers, 400, "bad-request");
    }

    [Fact]
    public async Task A_long_list_and_a_slow_upload_arrive_whole()
    {
        Nginx.SkipWhereMissing();
        using var folder = new TemporaryFolder();
        await using var server = await ServeAsync(folder);
        await using var nginx = await Nginx.StartAsync(server.Port);
        var (_, key, _) = await ServerProcess.RunAsync(folder, ["key", "create", "--name", "bot", "--scopes", "read,write"]);
        using var client = nginx.ClientFrom("127.0.0.2");
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key.Trim());

        var reason = new string('r', 1500);
        var bytes = Encoding.UTF8.GetBytes($$"""{"trading_pair":"SUI/USDC","signal_type":"BUY","signal_strength":7,"price":3.45,"reasoning":"{{reason}}"}""");
        using var slow = new HttpRequestMessage(HttpMethod.Post, "/api/signals") { Content = new SlowContent(bytes) };
        using var stored = await client.SendAsync(slow);
        Assert.Equal(HttpStatusCode.Created, stored.StatusCode);
        for (var i = 0; i < 150; i++)
        {
            Assert.Equal(201, (int)(await client.RawAsync("POST", "/api/signals", bytes)).StatusCode);
        }

        using var request = new HttpRequestMessage(HttpMethod.Get, $"{server.Client.BaseAddress}api/signals?limit=500");
        request.Headers.Authorization = client.DefaultRequestHeaders.Authorization;
        request.Headers.Add("X-Forwarded-Proto", "https");
        using var direct = await server.Client.SendAsync(request);
        var list = await direct.Content.ReadAsStringAsync();
        Assert.True(list.Length > 50_000, $"{list.Length}");
        Assert.Equal(list, await client.GetStringAsync("/api/signals?limit=500"));
    }

    [Fact]
    public async Task A_stream_is_passed_on_piece_by_piece_and_a_slow_answer_is_504()
    {
        Nginx.SkipWhereMissing();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        await using var app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        var seen = new TaskCompletionSource();
        foreach (var path in new[] { "/api/events", "/mcp" })
        {
            app.Map(path, async (HttpContext http) =>
            {
                http.Response.ContentType = "text/event-stream";
                await http.Response.WriteAsync("data: 1\n\n");
                await http.Response.Body.FlushAsync();
                await seen.Task.WaitAsync(TimeSpan.FromSeconds(15));
                await Task.Delay(1500);
                await http.Response.WriteAsync("data: 2\n\n");
            });
        }

        app.MapGet("/api/slow", async (HttpContext http) => await Task.Delay(TimeSpan.FromSeconds(5), http.RequestAborted));
        await app.StartAsync();
        await using var nginx = await Nginx.StartAsync(new Uri(app.Urls.Single()).Port, ("proxy_read_timeout 60s;", "proxy_read_timeout 1s;"));
        using var client = nginx.ClientFrom("127.0.0.2");

        // The second event is written only after the first was read, and later than an ordinary answer may take.
        foreach (var path in new[] { "/api/events", "/mcp" })
        {
            using var answer = await client.GetAsync(path, HttpCompletionOption.ResponseHeadersRead);
            using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync());
            Assert.Equal("data: 1", await reader.ReadLineAsync());
            seen.TrySetResult();
            Assert.Equal("\ndata: 2\n\n", await reader.ReadToEndAsync());
        }

        var body = await FailureAsync(await client.GetAsync("/api/slow"), 504, "server-timeout");
        Assert.Contains("Idempotency-Key", (string?)body["message"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_server_it_is_a_502_that_says_when_to_try_again()
    {
        Nginx.SkipWhereMissing();
        await using var nginx = await Nginx.StartAsync(ServerProcess.FreePort());
        using var client = nginx.ClientFrom("127.0.0.2");
        using var answer = await client.RawAsync("POST", "/api/trades", "{}"u8.ToArray());
        await FailureAsync(answer, 502, "server-unavailable");
        Assert.Equal(TimeSpan.FromSeconds(2), answer.Headers.RetryAfter!.Delta);
    }

    /// <summary>A body that comes in three pieces, as over a bad line.</summary>
    private sealed class SlowContent : HttpContent
    {
        private readonly byte[] bytes;

        public SlowContent(byte[] bytes)
        {
            this.bytes = bytes;
            Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            foreach (var piece in bytes.Chunk((bytes.Length / 3) + 1))
            {
                await stream.WriteAsync(piece);
                await stream.FlushAsync();
                await Task.Delay(300);
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = bytes.Length;
            return true;
        }
    }
}

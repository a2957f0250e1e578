using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Reflection;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Pilothouse.Contract;
using Pilothouse.Operations;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Api;

public sealed class BadInputTests
{
    private static readonly HashSet<string> Codes = [.. typeof(ErrorCodes).GetFields(BindingFlags.Public | BindingFlags.Static).Select(static field => (string)field.GetRawConstantValue()!)];
    private static readonly string[] Leaks = ["   at ", "Exception", "System.", "Pilothouse.", "SQLite", "SELECT ", "INSERT INTO", "/tmp/", "/work/", "LineNumber", "BytePosition"];

    [Fact(Timeout = 180_000)]
    public async Task Nothing_that_a_client_sends_is_answered_by_a_bug()
    {
        await using var server = await TestServer.StartAsync(("LOG_LEVEL", "WARNING"), ("TRUSTED_PROXIES", "127.0.0.1"));
        var document = await server.GetAsync("/openapi/v1.json");

        // Backups know files only so far.
        var requests = new BadValues(document, seed: 20261123).All().Where(static request => !TestEngine.IsPostgres || request.Path != "/api/backups").ToList();
        Assert.True(requests.Count >= 3000, $"only {requests.Count} requests");

        var problems = new ConcurrentBag<string>();
        var statuses = new ConcurrentDictionary<int, int>();
        var logins = requests.Where(static request => request.Path.StartsWith("/api/auth/login", StringComparison.Ordinal)).ToList();
        await Parallel.ForEachAsync(requests.Except(logins), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (request, _) =>
            await CheckAsync(server, document, request, problems, statuses));

        // The budget of logins cannot be turned off, so the test empties it in the database.
        foreach (var some in logins.Chunk(5))
        {
            server.Sql("DELETE FROM login_budgets");
            await Task.WhenAll(some.Select(request => CheckAsync(server, document, request, problems, statuses)));
        }

        Assert.True(problems.IsEmpty, $"{problems.Count} of {requests.Count}:\n{string.Join('\n', problems.Order(StringComparer.Ordinal).Take(25))}");
        Assert.True(statuses.ContainsKey(400) && statuses.ContainsKey(404) && statuses.ContainsKey(405) && statuses.ContainsKey(413) && statuses.ContainsKey(415), string.Join(' ', statuses));
        await server.GetAsync("/health");
        if (!TestEngine.IsPostgres)
        {
            Assert.Equal("ok", server.Sql("PRAGMA integrity_check"));
        }
        await server.StopAsync();
        AssertNoBugs(server);
    }

    [Fact]
    public async Task A_client_that_goes_away_in_the_middle_is_no_bug()
    {
        await using var server = await TestServer.StartAsync();
        var head = $"POST /api/signals HTTP/1.1\r\nHost: localhost\r\nAuthorization: {server.Client.DefaultRequestHeaders.Authorization}\r\nContent-Type: application/json\r\n";
        for (var i = 0; i < 60; i++)
        {
            using var socket = new TcpClient();
            await socket.ConnectAsync(IPAddress.Loopback, server.Client.BaseAddress!.Port);
            var rest = i % 3 == 0 ? "Content-Length: 100\r\n\r\n{\"trading" : i % 3 == 1 ? "Transfer-Encoding: chunked\r\n\r\n5\r\n{\"tra" : "Content-Length: 78\r\n\r\n{\"trading_pair\":\"A/B\",\"signal_type\":\"BUY\",\"signal_strength\":1,\"price\":1     }";
            await socket.GetStream().WriteAsync(Encoding.ASCII.GetBytes(head + rest));
            if (i % 2 == 0)
            {
                await Task.Delay(i % 5);
                socket.LingerState = new LingerOption(true, 0);
            }
        }

        await Task.Delay(200);
        await server.GetAsync("/health");
        await server.StopAsync();
        AssertNoBugs(server);
    }

    [Theory]
    [InlineData(431, "GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: {40000}\r\n\r\n")]
    [InlineData(414, "GET /{20000} HTTP/1.1\r\nHost: localhost\r\n\r\n")]
    [InlineData(400, "GET / HTTP/1.1\r\n\r\n")]
    [InlineData(400, "GET /%00 HTTP/1.1\r\nHost: localhost\r\n\r\n")]
    [InlineData(400, "\u0001\u0002 nonsense\r\n\r\n")]
    [InlineData(400, "POST /api/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n")]
    [InlineData(400, "POST /api/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n")]
    [InlineData(505, "GET / HTTP/3.9\r\nHost: localhost\r\n\r\n")]
    public async Task What_the_web_server_cannot_read_has_a_status_only(int expected, string request)
    {
        await using var server = await TestServer.StartAsync();
        foreach (var size in new[] { 20_000, 40_000 })
        {
            request = request.Replace($"{{{size}}}", new string('x', size), StringComparison.Ordinal);
        }

        Assert.StartsWith($"HTTP/1.1 {expected} ", await RawAsync(server, request), StringComparison.Ordinal);
        await server.GetAsync("/health");
    }

    [Fact]
    public async Task A_chunked_body_is_counted_too_and_a_broken_chunk_is_a_bad_request()
    {
        await using var server = await TestServer.StartAsync();
        var head = $"POST /api/signals HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: {server.Client.DefaultRequestHeaders.Authorization}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
        var large = await RawAsync(server, $"{head}{1_200_000:X}\r\n{new string(' ', 1_200_000)}\r\n0\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 413 ", large, StringComparison.Ordinal);
        Assert.Contains("\"code\":\"body-too-large\"", large, StringComparison.Ordinal);
        var broken = await RawAsync(server, $"{head}zz\r\nnonsense\r\n0\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 400 ", broken, StringComparison.Ordinal);
        Assert.Contains("\"code\":\"bad-request\"", broken, StringComparison.Ordinal);
    }

    private static void AssertNoBugs(TestServer server)
    {
        foreach (var file in Directory.GetFiles(server.Folder.File("logs")))
        {
            var lines = File.ReadAllLines(file).Where(static line => line.Contains("\"level\":\"ERROR\"", StringComparison.Ordinal) || line.Contains("bug", StringComparison.Ordinal)).ToList();
            Assert.True(lines.Count == 0, string.Join('\n', lines.Take(3)));
        }
    }

    private static async Task CheckAsync(TestServer server, JsonObject document, BadRequest bad, ConcurrentBag<string> problems, ConcurrentDictionary<int, int> statuses)
    {
        var shown = $"{bad.Method} {Short(bad.Path)} {Short(bad.Body is null ? "-" : Encoding.UTF8.GetString(bad.Body, 0, Math.Min(bad.Body.Length, 300)))} ({bad.ContentType})";
        try
        {
            using var request = new HttpRequestMessage(new HttpMethod(bad.Method), new Uri($"http://127.0.0.1:{server.Client.BaseAddress!.Port}{bad.Path}"));
            if (bad.Body is not null)
            {
                request.Content = new ByteArrayContent(bad.Body);
                request.Content.Headers.TryAddWithoutValidation("Content-Type", bad.ContentType);
            }

            if (bad.IdempotencyKey is { } key)
            {
                request.Headers.TryAddWithoutValidation(IdempotencyKey.Header, key);
            }

            using var answer = await server.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            var status = (int)answer.StatusCode;
            statuses.AddOrUpdate(status, 1, static (_, count) => count + 1);
            if (answer.Content.Headers.ContentType?.MediaType == "text/event-stream")
            {
                // The live stream goes on for as long as somebody listens.
                return;
            }

            var text = await answer.Content.ReadAsStringAsync();
            if (Problem(document, bad, status, answer.Content.Headers.ContentType, text) is { } problem)
            {
                problems.Add($"{shown} -> {status} {problem}: {Short(text)}");
            }
        }
        catch (Exception error) when (error is HttpRequestException or IOException or TaskCanceledException)
        {
            problems.Add($"{shown} -> {error.Message} {error.InnerException?.Message}");
        }
    }

    /// <summary>What is wrong with an answer, or null.</summary>
    private static string? Problem(JsonObject document, BadRequest bad, int status, MediaTypeHeaderValue? type, string text)
    {
        if (status >= 500)
        {
            return "a failure of ours";
        }

        var path = bad.Path.Split('?')[0];
        var documented = document["paths"]![path]?[bad.Method.ToLowerInvariant()]?["responses"]?.AsObject();
        if (documented is not null && !documented.ContainsKey(status.ToString(System.Globalization.CultureInfo.InvariantCulture)))
        {
            return "not in the document";
        }

        if (status < 400)
        {
            return type?.MediaType == "application/json" && Parse(text) is null ? "not JSON" : null;
        }

        if (text.Length == 0)
        {
            return status == 400 && bad.Path.Contains("%00", StringComparison.Ordinal) && !bad.Path.Contains('?', StringComparison.Ordinal) ? null : "nothing said";
        }

        if (Parse(text) is not { } body || (bool?)body["success"] != false || body["error"] is null || body["message"] is null || !Codes.Contains((string?)body["code"] ?? ""))
        {
            return "not the one shape";
        }

        if ((string?)body["code"] is "invalid-input" or "missing-field"
            && (body["details"] is not JsonArray { Count: > 0 } details || details.Any(static detail => string.IsNullOrEmpty((string?)detail!["field"]) && detail["message"] is null)))
        {
            return "no field named";
        }

        return Leaks.FirstOrDefault(leak => text.Contains(leak, StringComparison.Ordinal)) is { } leaked ? $"tells of {leaked}" : null;
    }

    private static JsonObject? Parse(string text)
    {
        try
        {
            return JsonNode.Parse(text) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string Short(string text) => text.Length > 160 ? text[..160] + "..." : text;

    private static async Task<string> RawAsync(TestServer server, string request)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, server.Client.BaseAddress!.Port);
        var answer = new byte[8192];
        var length = 0;
        try
        {
            await socket.GetStream().WriteAsync(Encoding.Latin1.GetBytes(request));
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(10));
            for (var read = 1; read > 0 && length < answer.Length && !Encoding.Latin1.GetString(answer, 0, length).Contains("\r\n\r\n{", StringComparison.Ordinal); length += read)
            {
                read = await socket.GetStream().ReadAsync(answer.AsMemory(length), patience.Token);
            }
        }
        catch (IOException)
        {
            // The server may close the connection after its answer.
        }

        return Encoding.Latin1.GetString(answer, 0, length);
    }
}

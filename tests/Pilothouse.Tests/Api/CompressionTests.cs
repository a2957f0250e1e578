using System.IO.Compression;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Api;

/// <summary>Brotli and gzip.</summary>
public sealed class CompressionTests
{
    [Theory]
    [InlineData("gzip", "gzip")]
    [InlineData("br", "br")]
    [InlineData("gzip, deflate, br", "br")]
    [InlineData("br;q=0.5, gzip;q=0.9", "gzip")]
    [InlineData("gzip;q=0, identity", null)]
    [InlineData("zstd", null)]
    [InlineData("identity", null)]
    [InlineData(null, null)]
    public async Task A_list_of_more_than_a_kilobyte_is_compressed_as_the_client_takes_it(string? accepted, string? encoding)
    {
        await using var server = await TestServer.StartAsync();
        await FillAsync(server, 60);
        var plain = await BytesAsync(server, "GET", "/api/signals", null);
        foreach (var path in new[] { "/api/signals", "/api/signals", "/openapi/v1.json", "/openapi/v1.json" })
        {
            var expected = await BytesAsync(server, "GET", path, null);
            var answer = await BytesAsync(server, "GET", path, accepted);
            Assert.Equal(encoding, answer.Encoding);
            Assert.Equal("Accept-Encoding", answer.Vary);
            Assert.Equal(answer.Bytes.Length, answer.Length);
            Assert.True(encoding is null || answer.Bytes.Length < expected.Bytes.Length / 4, $"{path}: {answer.Bytes.Length} of {expected.Bytes.Length} bytes");
            Assert.Equal(expected.Bytes, Unpack(answer));

            // HEAD has the headers of GET.
            var head = await BytesAsync(server, "HEAD", path, accepted);
            Assert.Equal((answer.Encoding, answer.Length, 0), (head.Encoding, head.Length, head.Bytes.Length));
        }

        Assert.True(plain.Bytes.Length > 32 * 1024 / 4);
    }

    [Fact]
    public async Task Small_answers_and_those_that_hold_a_secret_are_sent_as_they_are()
    {
        await using var server = await TestServer.StartAsync();
        await FillAsync(server, 1);
        foreach (var path in new[] { "/health", "/health/live", "/api/signals", "/api/signals/latest", "/api/auth/check" })
        {
            var answer = await BytesAsync(server, "GET", path, "gzip, br");
            Assert.Equal((null, null), (answer.Encoding, answer.Vary));
        }

        // However large it is: if a stranger's text is compressed together with a secret, the length tells about the secret.
        var name = new string('a', 100);
        for (var i = 0; i < 20; i++)
        {
            await server.PostAsync("/api/keys", $$"""{"name":"{{name}}","scopes":["read"]}""");
        }

        var keys = await BytesAsync(server, "GET", "/api/keys", "gzip, br");
        Assert.True(keys.Bytes.Length > 2048);
        Assert.Null(keys.Encoding);
        var ignored = string.Join(',', Enumerable.Range(0, 150).Select(static i => $"\"unheard_of_{i}\":1"));
        using var login = await SendAsync(server, "POST", "/api/auth/login", "gzip, br", $$"""{"pin":"{{TestServer.Pin}}",{{ignored}}}""");
        Assert.Equal(200, (int)login.StatusCode);
        Assert.True(login.Content.Headers.ContentLength > 1024);
        Assert.Empty(login.Content.Headers.ContentEncoding);
    }

    [Fact]
    public async Task Refusals_and_answers_of_writes_are_compressed_too()
    {
        await using var server = await TestServer.StartAsync();
        var ignored = string.Join(',', Enumerable.Range(0, 150).Select(static i => $"\"unheard_of_{i}\":1"));
        using var stored = await SendAsync(server, "POST", "/api/signals", "br", $$"""{"trading_pair":"A/B","signal_type":"BUY","signal_strength":1,"price":1,{{ignored}}}""");
        Assert.Equal((201, "br"), ((int)stored.StatusCode, stored.Content.Headers.ContentEncoding.Single()));
        var body = JsonNode.Parse(Unpack(("br", null, 0, await stored.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken))))!;
        Assert.Equal(150, body["ignored"]!.AsArray().Count);
    }

    [Theory]
    [InlineData("/metrics")]
    [InlineData("/docs/")]
    [InlineData("/docs/scalar.js")]
    public async Task What_libraries_answer_is_compressed_as_well(string path)
    {
        await using var server = await TestServer.StartAsync();
        var answer = await BytesAsync(server, "GET", path, "gzip");
        Assert.Equal("gzip", answer.Encoding);
        Assert.NotEmpty(Unpack(answer));
    }

    [Fact]
    public async Task A_kept_answer_is_compressed_anew_when_something_was_stored()
    {
        await using var server = await TestServer.StartAsync();
        await FillAsync(server, 20);
        for (var i = 20; i < 25; i++)
        {
            var list = JsonNode.Parse(Unpack(await BytesAsync(server, "GET", "/api/signals", "br")))!;
            Assert.Equal(i, (int)list["count"]!);
            await FillAsync(server, 1);
        }
    }

    private static async Task FillAsync(TestServer server, int count)
    {
        for (var i = 0; i < count; i++)
        {
            await server.PostAsync("/api/signals", """{"trading_pair":"SUI/USDC","signal_type":"BUY","signal_strength":7,"price":3.4567,"rsi":41.2}""");
        }
    }

    private static async Task<HttpResponseMessage> SendAsync(TestServer server, string method, string path, string? accepted, string? json = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (accepted is not null)
        {
            request.Headers.TryAddWithoutValidation("Accept-Encoding", accepted);
        }

        if (json is not null)
        {
            request.Content = new StringContent(json, MediaTypeHeaderValue.Parse("application/json"));
        }

        return await server.Client.SendAsync(request, TestContext.Current.CancellationToken);
    }

    private static async Task<(string? Encoding, string? Vary, long? Length, byte[] Bytes)> BytesAsync(TestServer server, string method, string path, string? accepted)
    {
        using var answer = await SendAsync(server, method, path, accepted);
        Assert.True(answer.IsSuccessStatusCode, $"{method} {path} answered {answer.StatusCode}");
        var vary = string.Join(", ", answer.Headers.Vary);
        return (answer.Content.Headers.ContentEncoding.SingleOrDefault(), vary.Length == 0 ? null : vary, answer.Content.Headers.ContentLength,
            await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
    }

    private static byte[] Unpack((string? Encoding, string? Vary, long? Length, byte[] Bytes) answer)
    {
        using var packed = new MemoryStream(answer.Bytes);
        using Stream stream = answer.Encoding switch
        {
            "br" => new BrotliStream(packed, CompressionMode.Decompress),
            "gzip" => new GZipStream(packed, CompressionMode.Decompress),
            _ => packed,
        };
        using var plain = new MemoryStream();
        stream.CopyTo(plain);
        return plain.ToArray();
    }
}

using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Pilothouse.Listening;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Listening;

/// <summary>Clients that take too much: time, memory or connections.</summary>
public sealed class SlowClientTests
{
    private static readonly bool Slow = Environment.GetEnvironmentVariable("PILOTHOUSE_SLOW_TESTS") == "1";

    [Fact]
    public async Task Who_sends_or_reads_too_slowly_is_cut_off_and_others_are_served_meanwhile()
    {
        await using var server = await TestServer.StartAsync();
        var key = await server.CreateKeyAsync("slow", "write", "read");
        for (var i = 0; i < 60; i++)
        {
            await server.PostAsync("/api/analysis", $$"""{"trading_pair":"A/B","timeframe":"1h","recommendation":"BUY","ai_analysis":"{{new string('x', 15_000)}}"}""");
        }

        var post = $"POST /api/signals HTTP/1.1\r\nHost: localhost\r\nX-Api-Key: {key}\r\nContent-Type: application/json\r\nContent-Length: 50000\r\n\r\n{{";
        var slow = new[]
        {
            EndsAsync(server, "a body byte by byte", post, " ", 5, 12),
            EndsAsync(server, "a body that never comes", post, "", 5, 12),
            EndsAsync(server, "headers byte by byte", "GET /health HTTP/1.1\r\nHost: localhost\r\nX-A: ", "a", 13, 22),
            EndsAsync(server, "a request line that does not end", "GET /hea", "", 13, 22),
            Slow ? UnreadAsync(server) : Task.CompletedTask,
        };
        while (!Task.WhenAll(slow).IsCompleted)
        {
            Assert.Equal(200, (await server.Anonymous.SendAsync("GET", "/health")).Status);
            await Task.Delay(200);
        }

        await Task.WhenAll(slow);
        var limits = server.Services.GetRequiredService<IOptions<KestrelServerOptions>>().Value.Limits;
        Assert.Equal((4096d, TimeSpan.FromSeconds(5)), (limits.MinResponseDataRate!.BytesPerSecond, limits.MinResponseDataRate.GracePeriod));
        Assert.Equal("0", server.Sql("SELECT count(*) FROM signals"));
    }

    [Fact]
    public async Task A_request_that_is_too_large_is_refused_before_it_is_read()
    {
        await using var server = await TestServer.StartAsync();
        var key = await server.CreateKeyAsync("large", "write");
        var lines = string.Concat(Enumerable.Range(0, 101).Select(static i => $"X-{i}: a\r\n"));
        var thick = string.Concat(Enumerable.Range(0, 5).Select(static i => $"X-{i}: {new string('a', 7_000)}\r\n"));
        var post = $"POST /api/signals HTTP/1.1\r\nHost: localhost\r\nX-Api-Key: {key}\r\nContent-Type: application/json\r\n";
        foreach (var (expected, bytes) in new[]
        {
            (414, $"GET /{new string('a', 9_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n"),
            (414, $"GET /?{new string('a', 9_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n"),
            (431, $"GET /health HTTP/1.1\r\nHost: localhost\r\n{lines}\r\n"),
            (431, $"GET /health HTTP/1.1\r\nHost: localhost\r\n{thick}\r\n"),
            (413, $"{post}Content-Length: 1048577\r\n\r\n"),
            (413, $"{post}Content-Length: 999999999999\r\n\r\n"),
            (413, $"{post}Transfer-Encoding: chunked\r\n\r\n100001\r\n{new string(' ', 1_048_577)}\r\n0\r\n\r\n"),
        })
        {
            Assert.True(await RawHttp.StatusAsync(server.Anonymous.BaseAddress!.Port, bytes) == expected, $"{bytes[..60]} did not get {expected}");
        }
    }

    [Fact]
    public async Task One_address_has_its_share_of_connections_and_the_owner_has_no_limit()
    {
        using var folder = new TemporaryFolder();
        var limit = new ConnectionLimit(TestServer.SettingsFor(folder, ("IP_ALLOWLIST", "203.0.113.0/24"), ("TRUSTED_PROXIES", "10.0.0.1")), TimeProvider.System, NullLogger<ConnectionLimit>.Instance);
        var end = new TaskCompletionSource();
        var served = 0;
        async Task ServeAsync(ConnectionContext connection)
        {
            Interlocked.Increment(ref served);
            await end.Task;
        }

        List<Task> open = [];
        int Open(Func<int, string> address, int count)
        {
            var before = served;
            open.AddRange(Enumerable.Range(0, count).Select(i => limit.RunAsync(new DefaultConnectionContext { RemoteEndPoint = new IPEndPoint(IPAddress.Parse(address(i)), 1), Transport = Pipes() }, ServeAsync)));
            return served - before;
        }

        Assert.Equal(256, Open(static _ => "198.51.100.1", 300));
        Assert.Equal(256, Open(static i => $"2001:db8::{i + 1:x}", 300));
        Assert.Equal(0, Open(static _ => "::ffff:198.51.100.1", 1));
        Assert.Equal(4096 - 512, Open(static i => $"198.18.{i / 250}.{i % 250}", 5000));
        Assert.Equal(900, Open(static i => i % 3 == 0 ? "127.0.0.1" : i % 3 == 1 ? "203.0.113.9" : "10.0.0.1", 900));
        end.SetResult();
        await Task.WhenAll(open);

        // After these connections have closed, others are accepted.
        end = new TaskCompletionSource();
        Assert.Equal(256, Open(static _ => "198.51.100.1", 300));
        end.SetResult();
        await Task.WhenAll(open);
    }

    /// <summary>A client that sends, and then bit by bit, is cut off after about that many seconds.</summary>
    private static async Task EndsAsync(TestServer server, string what, string first, string drip, int least, int most)
    {
        using var socket = await ConnectAsync(server);
        var stream = socket.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(first));
        var watch = Stopwatch.StartNew();
        var answer = ReadToEndAsync(stream);
        while (!answer.IsCompleted && watch.Elapsed < TimeSpan.FromSeconds(40))
        {
            try
            {
                await stream.WriteAsync(Encoding.ASCII.GetBytes(drip));
            }
            catch (IOException)
            {
                break;
            }

            await Task.WhenAny(answer, Task.Delay(300));
        }

        Assert.InRange(watch.Elapsed.TotalSeconds, least - 1, most + 10);
        Assert.True(RawHttp.Statuses(await answer) is [408] or [], $"{what} was answered {await answer}");
    }

    /// <summary>A client that asks for much and reads nothing.</summary>
    private static async Task UnreadAsync(TestServer server)
    {
        using var socket = await ConnectAsync(server, receiveBuffer: 4096);
        var stream = socket.GetStream();
        var ask = Encoding.ASCII.GetBytes("GET /api/analysis/latest HTTP/1.1\r\nHost: localhost\r\n\r\n");
        var watch = Stopwatch.StartNew();
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        while (watch.Elapsed < TimeSpan.FromMinutes(3))
        {
            try
            {
                await stream.WriteAsync(ask, patience.Token);
                await Task.Delay(watch.Elapsed < TimeSpan.FromSeconds(2) ? 1 : 300);
            }
            catch (Exception error) when (error is IOException or OperationCanceledException)
            {
                Assert.IsType<IOException>(error);
                return;
            }
        }

        Assert.Fail("a client that never reads was never cut off");
    }

    private static async Task<TcpClient> ConnectAsync(TestServer server, int? receiveBuffer = null)
    {
        var socket = new TcpClient { NoDelay = true };
        socket.ReceiveBufferSize = receiveBuffer ?? socket.ReceiveBufferSize;
        await socket.ConnectAsync(IPAddress.Loopback, server.Anonymous.BaseAddress!.Port);
        return socket;
    }

    private static async Task<string> ReadToEndAsync(Stream stream)
    {
        var text = new StringBuilder();
        var buffer = new byte[4096];
        try
        {
            for (int read; (read = await stream.ReadAsync(buffer)) > 0;)
            {
                text.Append(Encoding.ASCII.GetString(buffer, 0, read));
            }
        }
        catch (IOException)
        {
            // Cut off.
        }

        return text.ToString();
    }

    private static Duplex Pipes()
    {
        var pipe = new System.IO.Pipelines.Pipe();
        return new Duplex(pipe.Reader, pipe.Writer);
    }

    private sealed record Duplex(System.IO.Pipelines.PipeReader Input, System.IO.Pipelines.PipeWriter Output) : System.IO.Pipelines.IDuplexPipe;
}

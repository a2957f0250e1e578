using System.Buffers.Binary;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Listening;

/// <summary>Sends HTTP/2 frame by frame, like a client that does not read its answers but keeps the connection alive.</summary>
public sealed class StalledStreamTests
{
    private const byte Data = 0;
    private const byte Headers = 1;
    private const byte Reset = 3;
    private const byte Settings = 4;
    private const byte WindowUpdate = 8;

    [Fact]
    public async Task A_client_that_gives_its_answer_up_is_no_failure_of_ours()
    {
        using var folder = new TemporaryFolder();
        var settings = MadeCertificate.MakeGood().WriteTo(folder);
        await using var server = await StartAsync(folder, settings);
        await using var stream = await ConnectAsync(settings);
        await AskAsync(stream, 1);
        await ReadAsync(stream, static frame => frame is { Type: Headers, Stream: 1 });
        await SendAsync(stream, Reset, 1, [0, 0, 0, 8]);
        await AskAsync(stream, 3);
        await ReadAsync(stream, static frame => frame is { Type: Headers, Stream: 3 });
        await server.StopAsync();
        Assert.Equal("", await File.ReadAllTextAsync(folder.File("logs/mcp_server_error.log")));
    }

    [Fact]
    public async Task An_answer_that_nobody_reads_is_broken_off_and_the_connections_others_go_on()
    {
        using var folder = new TemporaryFolder();
        var settings = MadeCertificate.MakeGood().WriteTo(folder);
        await using var server = await StartAsync(folder, settings);
        await using var stream = await ConnectAsync(settings);
        var said = await ReadAsync(stream, static frame => frame.Type == Settings);
        Assert.Equal(20, Enumerable.Range(0, said.Body.Length / 6).Where(i => said.Body[(i * 6) + 1] == 3).Select(i => BinaryPrimitives.ReadInt32BigEndian(said.Body.AsSpan((i * 6) + 2))).Single());
        await AskAsync(stream, 1);
        await ReadAsync(stream, static frame => frame is { Type: Headers, Stream: 1 });
        await Task.Delay(200);
        server.Clock.Advance(TimeSpan.FromSeconds(9));

        // The stalled stream may still be read, and later streams are answered.
        await AskAsync(stream, 3);
        await ReadAsync(stream, static frame => frame is { Type: Headers, Stream: 3 });
        await SendAsync(stream, WindowUpdate, 3, [0, 0, 255, 255]);
        Assert.StartsWith("{", Encoding.UTF8.GetString((await ReadAsync(stream, static frame => frame is { Type: Data, Stream: 3 } or { Type: Reset })).Body), StringComparison.Ordinal);
        server.Clock.Advance(TimeSpan.FromSeconds(6));
        await ReadAsync(stream, static frame => frame is { Type: Reset, Stream: 1 });
        await AskAsync(stream, 5);
        await ReadAsync(stream, static frame => frame is { Type: Headers, Stream: 5 });
    }

    /// <summary>A server whose answer has 15 KB. The web server sends shorter answers at once, whether the client reads or not.</summary>
    private static async Task<TestServer> StartAsync(TemporaryFolder folder, (string Name, string Value)[] settings)
    {
        var server = await TestServer.StartAsync(folder, null, settings);
        await server.PostAsync("/api/analysis", $$"""{"trading_pair":"A/B","timeframe":"1h","recommendation":"BUY","ai_analysis":"{{new string('x', 15_000)}}"}""");
        return server;
    }

    /// <summary>A connection on which no stream may send anything until it is told to (setting 4 is the window that streams begin with).</summary>
    private static async Task<SslStream> ConnectAsync((string Name, string Value)[] settings)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, HttpsTests.PortOf(settings));
        var stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
        await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "localhost", ApplicationProtocols = [SslApplicationProtocol.Http2], RemoteCertificateValidationCallback = static (_, certificate, _, _) => certificate is not null });
        await stream.WriteAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray());
        await SendAsync(stream, Settings, 0, [0, 4, 0, 0, 0, 0]);
        return stream;
    }

    /// <summary>GET /api/analysis/latest: three names that every client knows by number, and two values.</summary>
    private static Task AskAsync(Stream stream, byte id) => SendAsync(stream, Headers, id, [0x82, 0x87, 0x04, 20, .. "/api/analysis/latest"u8, 0x01, 9, .. "localhost"u8], flags: 5);

    private static async Task SendAsync(Stream stream, byte type, byte id, byte[] body, byte flags = 0)
    {
        await stream.WriteAsync((byte[])[0, 0, (byte)body.Length, type, flags, 0, 0, 0, id, .. body]);
        await stream.FlushAsync();
    }

    /// <summary>The next frame of that kind; others are passed over.</summary>
    private static async Task<(byte Type, int Stream, byte[] Body)> ReadAsync(Stream stream, Func<(byte Type, int Stream, byte[] Body), bool> kind)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (true)
        {
            var head = new byte[9];
            await stream.ReadExactlyAsync(head, patience.Token);
            var body = new byte[(head[0] << 16) | (head[1] << 8) | head[2]];
            await stream.ReadExactlyAsync(body, patience.Token);
            (byte Type, int Stream, byte[] Body) frame = (head[3], BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(5)), body);
            if (kind(frame))
            {
                return frame;
            }
        }
    }
}

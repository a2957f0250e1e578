using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Pilothouse.Listening;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Listening;

/// <summary>Clients that disconnect in the middle are no error of the server, and fill no error log.</summary>
public sealed class GoneClientTests
{
    private static readonly string[] Paths = ["/api/signals", "/api/auth/login", "/api/keys", "/nothing"];

    [Fact]
    public async Task A_client_that_goes_away_in_mid_body_is_no_error()
    {
        await using var server = await TestServer.StartAsync();
        var key = await server.CreateKeyAsync("gone", "write", "control");
        foreach (var (path, length, reset, wait) in from path in Paths from length in new[] { "Content-Length: 1000\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n5\r\n" } from reset in new[] { true, false } from wait in new[] { 0, 5, 30 } select (path, length, reset, wait))
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(IPAddress.Loopback, server.Client.BaseAddress!.Port, TestContext.Current.CancellationToken);
            await socket.SendAsync(Encoding.ASCII.GetBytes($"POST {path} HTTP/1.1\r\nHost: localhost\r\nX-Api-Key: {key}\r\nContent-Type: application/json\r\n{length}{{\"a\":"));
            await Task.Delay(wait, TestContext.Current.CancellationToken);
            socket.LingerState = new LingerOption(reset, 0);
        }

        await HasNoErrorsAsync(server);
    }

    [Fact]
    public async Task Resets_of_streams_are_no_errors()
    {
        var folder = new TemporaryFolder();
        var port = FreePort();
        await using var server = await TestServer.StartAsync(folder, null, [.. MadeCertificate.MakeGood().WriteTo(folder), ("HTTPS_PORT", port)]);
        var key = await server.CreateKeyAsync("gone", "write", "control");
        foreach (var (path, wait) in from path in Paths from wait in new[] { 0, 1, 10 } select (path, wait))
        {
            await ResetAsync(int.Parse(port, System.Globalization.CultureInfo.InvariantCulture), key, path, streams: 15, wait);
            await ResetAsync(int.Parse(port, System.Globalization.CultureInfo.InvariantCulture), key, path, streams: 150, wait: 0);
        }

        await HasNoErrorsAsync(server);
    }

    [Fact]
    public async Task A_connection_that_the_web_server_forgets_is_ended()
    {
        var folder = new TemporaryFolder();
        var port = FreePort();
        await using var server = await TestServer.StartAsync(folder, null, [.. MadeCertificate.MakeGood().WriteTo(folder), ("HTTPS_PORT", port)]);
        var open = server.Services.GetRequiredService<ConnectionLimit>();
        var before = open.Open;
        for (var turn = 0; turn < 150; turn++)
        {
            await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => ResetAsync(int.Parse(port, System.Globalization.CultureInfo.InvariantCulture), "none", "/nothing", streams: 150, wait: 0)));
        }

        // Those that the web server ends by itself, it ends within this time.
        await Task.Delay(500, TestContext.Current.CancellationToken);
        for (var tries = 0; tries < 100 && open.Open > before; tries++)
        {
            server.Clock.Advance(GoneConnections.Patience);
            await Task.Delay(100, TestContext.Current.CancellationToken);
        }

        Assert.InRange(open.Open, 0, before);
        await HasNoErrorsAsync(server);
    }

    /// <summary>Begins requests on one connection, and takes each back in mid-body.</summary>
    private static async Task ResetAsync(int port, string key, string path, int streams, int wait)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, port);
        await using var tls = new SslStream(client.GetStream(), false, static (_, certificate, _, _) => certificate is not null);
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "localhost", ApplicationProtocols = [SslApplicationProtocol.Http2] });
        try
        {
            await tls.WriteAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray());
            await tls.WriteAsync(Frame(4, 0, 0, []));
            for (var stream = 1; stream < streams * 2; stream += 2)
            {
                byte[] headers =
                [
                    .. Header(":method", "POST"), .. Header(":scheme", "https"), .. Header(":path", path), .. Header(":authority", "localhost"),
                    .. Header("content-type", "application/json"), .. Header("x-api-key", key),
                ];
                await tls.WriteAsync((byte[])[.. Frame(1, 4, stream, headers), .. Frame(0, 0, stream, "{\"a\":"u8.ToArray())]);
                if (wait > 0)
                {
                    await Task.Delay(wait);
                }

                await tls.WriteAsync(Frame(3, 0, stream, [0, 0, 0, 8]));
            }

            await Task.Delay(20);
        }
        catch (IOException)
        {
            // The server has ended the connection.
        }
    }

    private static byte[] Frame(byte type, byte flags, int stream, byte[] payload) =>
        [(byte)(payload.Length >> 16), (byte)(payload.Length >> 8), (byte)payload.Length, type, flags, (byte)(stream >> 24), (byte)(stream >> 16), (byte)(stream >> 8), (byte)stream, .. payload];

    /// <summary>As HPACK writes one that is not remembered.</summary>
    private static byte[] Header(string name, string value) => [0, (byte)name.Length, .. Encoding.ASCII.GetBytes(name), (byte)value.Length, .. Encoding.ASCII.GetBytes(value)];

    private static string FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port.ToString(System.Globalization.CultureInfo.InvariantCulture);
    }

    private static async Task HasNoErrorsAsync(TestServer server)
    {
        await Task.Delay(300);
        await server.StopAsync();
        Assert.NotEmpty(await File.ReadAllTextAsync(Path.Combine(server.Folder.Path, "logs", "mcp_server.log")));
        var errors = await File.ReadAllTextAsync(Path.Combine(server.Folder.Path, "logs", "mcp_server_error.log"));
        Assert.True(errors.Length == 0, errors);
    }
}

using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Pilothouse.Tests.Fixtures;

/// <summary>A proxy in front of a server on 127.0.0.1 that cuts its connections when a client sends a certain text.</summary>
internal sealed class CuttingProxy : IDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly int target;
    private readonly List<TcpClient> open = [];
    private byte[]? cutAt;
    private bool passOn;
    private volatile TcpClient? silenced;

    /// <param name="target">The port of the server.</param>
    public CuttingProxy(int target)
    {
        this.target = target;
        listener.Start();
        _ = AcceptAsync();
    }

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    /// <summary>Cuts the connection on which a client sends this text, once.</summary>
    /// <param name="text">The text.</param>
    /// <param name="afterwards">Whether the server still receives it; its answer is lost then.</param>
    public void CutAt(string text, bool afterwards)
    {
        passOn = afterwards;
        Volatile.Write(ref cutAt, Encoding.ASCII.GetBytes(text));
    }

    public void Dispose()
    {
        listener.Dispose();
        lock (open)
        {
            open.ForEach(static connection => connection.Dispose());
        }
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await listener.AcceptTcpClientAsync();
                var server = new TcpClient { NoDelay = true };
                await server.ConnectAsync(IPAddress.Loopback, target);
                lock (open)
                {
                    open.AddRange([client, server]);
                }

                _ = PumpAsync(client, server, watch: true);
                _ = PumpAsync(server, client, watch: false);
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task PumpAsync(TcpClient from, TcpClient to, bool watch)
    {
        try
        {
            var block = new byte[64 * 1024];
            for (int count; (count = await from.GetStream().ReadAsync(block)) > 0;)
            {
                if (watch && Volatile.Read(ref cutAt) is { } text && block.AsSpan(0, count).IndexOf(text) >= 0)
                {
                    Volatile.Write(ref cutAt, null);
                    if (passOn)
                    {
                        silenced = to;
                        await to.GetStream().WriteAsync(block.AsMemory(0, count));
                        await Task.Delay(300);
                    }

                    break;
                }

                if (ReferenceEquals(from, silenced))
                {
                    return;
                }

                await to.GetStream().WriteAsync(block.AsMemory(0, count));
            }
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // One of the two ended the connection.
        }

        from.Dispose();
        to.Dispose();
    }
}

using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Pilothouse.Tests.Fixtures;

/// <summary>Where a connection is cut.</summary>
internal enum Cut
{
    /// <summary>In the middle of what the client sends: the server receives a part of it.</summary>
    Request,

    /// <summary>After what the client sends, which the server receives whole: its answer is lost.</summary>
    BeforeAnswer,

    /// <summary>After the next short message of the client, as a COMMIT is, which the server receives whole: its answer is lost.</summary>
    BeforeAnswerToCommit,

    /// <summary>In the middle of the answer.</summary>
    Answer,
}

/// <summary>A proxy in front of a server on 127.0.0.1 that cuts its connections, at a certain text or after a number of bytes.</summary>
internal sealed class CuttingProxy : IDisposable
{
    /// <summary>The length of a message of COMMIT alone.</summary>
    private const int Short = 80;

    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly int target;
    private readonly List<TcpClient> open = [];
    private byte[]? cutAt;
    private bool passOn;
    private long bytesLeft = long.MaxValue;
    private Cut place;
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

    /// <summary>Cuts the connection that sends this many more bytes, all connections together, once.</summary>
    /// <param name="bytes">How many bytes pass before, in the direction of the place.</param>
    /// <param name="where">Where it is cut.</param>
    public void CutAfter(int bytes, Cut where)
    {
        place = where;
        Volatile.Write(ref bytesLeft, bytes);
    }

    /// <summary>Whether the cut of <see cref="CutAfter"/> was made.</summary>
    public bool HasCut => Volatile.Read(ref bytesLeft) <= 0;

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

                if (watch == (place != Cut.Answer) && (place != Cut.BeforeAnswerToCommit || count < Short) && IsCutIn(count, out var rest))
                {
                    await CutAsync(to, block.AsMemory(0, count), rest);
                    break;
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

    /// <summary>Counts bytes that pass.</summary>
    /// <returns>Whether the cut is among them, which is true once.</returns>
    private bool IsCutIn(int count, out int rest)
    {
        rest = 0;
        if (Volatile.Read(ref bytesLeft) is long.MaxValue or <= 0)
        {
            return false;
        }

        var left = Interlocked.Add(ref bytesLeft, -count);
        rest = (int)(left + count);
        return left <= 0 && rest > 0;
    }

    private async Task CutAsync(TcpClient to, ReadOnlyMemory<byte> block, int rest)
    {
        if (place is Cut.Request or Cut.Answer)
        {
            await to.GetStream().WriteAsync(block[..rest]);
            return;
        }

        silenced = to;
        await to.GetStream().WriteAsync(block);
        await Task.Delay(100);
    }
}

using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Options;

namespace Pilothouse.Listening;

/// <summary>
/// Replaces how the web server accepts connections. The web server's own loop retries at once after every failure, which uses a whole CPU
/// core when no more files can be opened. This one also adds the pause of <see cref="Draining"/> between the end of listening and the end
/// of the server.
/// </summary>
internal sealed class DrainingSockets(Draining draining, OpenFiles files, ConnectionLimit limit, IOptions<SocketTransportOptions> options, ILoggerFactory loggers)
    : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    /// <summary>
    /// The send buffer of each connection, in bytes. Left to the system, a client that reads nothing would get a buffer of megabytes, and
    /// as much time as reading that many may take.
    /// </summary>
    private const int SendBuffer = 128 * 1024;

    public bool CanBind(EndPoint endpoint) => endpoint is IPEndPoint;

    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        Socket socket;
        try
        {
            socket = SocketTransportOptions.CreateDefaultBoundListenSocket(endpoint);
        }
        catch (SocketException error) when (error.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            throw new AddressInUseException(error.Message, error);
        }

        _ = files.Connections;
        socket.SendBufferSize = SendBuffer;
        socket.Listen(options.Value.Backlog);
        var connections = new SocketConnectionContextFactory(new SocketConnectionFactoryOptions(), loggers.CreateLogger("Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets"));
        return new(new Listener(socket, connections, draining, error => files.Say(limit.Open, error)));
    }

    private sealed class Listener(Socket socket, SocketConnectionContextFactory connections, Draining draining, Action<Exception> say) : IConnectionListener
    {
        /// <summary>
        /// Longer than the pause between two requests of a busy client, and much shorter than a service manager waits before it kills the
        /// process.
        /// </summary>
        private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);
        private const int MostTurns = 100;

        /// <summary>The wait after a failure that would probably happen again at once.</summary>
        private static readonly TimeSpan TryAgainAfter = TimeSpan.FromMilliseconds(100);

        public EndPoint EndPoint { get; } = socket.LocalEndPoint!;

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
        {
            while (true)
            {
                Socket? accepted = null;
                try
                {
                    accepted = await socket.AcceptAsync(cancellationToken);
                    accepted.NoDelay = true;
                    return connections.Create(accepted);
                }
                catch (Exception error) when (error is ObjectDisposedException or SocketException { SocketErrorCode: SocketError.OperationAborted })
                {
                    return null;
                }
                catch (SocketException error) when (accepted is not null || error.SocketErrorCode is SocketError.ConnectionReset or SocketError.ConnectionAborted)
                {
                    // The client went away while its connection was being accepted: accept the next one.
                    accepted?.Dispose();
                }
                catch (Exception error) when (!cancellationToken.IsCancellationRequested)
                {
                    // Every exception is caught, because one that escapes would end accepting for good. At the limit of open files it can
                    // be of any type: not even a library can be loaded then.
                    accepted?.Dispose();
                    say(error);
                    await Task.Delay(TryAgainAfter, cancellationToken);
                }
            }
        }

        public async ValueTask UnbindAsync(CancellationToken cancellationToken = default)
        {
            if (!draining.HasBegun)
            {
                socket.Dispose();
                return;
            }

            // Accept the connections that the system has accepted already: closing the socket would reset them.
            NewConnections.Ignore(socket);
            for (var turn = 0; turn < MostTurns && socket.Poll(TimeSpan.Zero, SelectMode.SelectRead); turn++)
            {
                await Task.Delay(1, CancellationToken.None);
            }

            socket.Dispose();
            await Task.Delay(Pause, CancellationToken.None);
        }

        public ValueTask DisposeAsync()
        {
            socket.Dispose();
            connections.Dispose();
            return default;
        }
    }
}

using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Options;

namespace Pilothouse.Listening;

/// <summary>
/// The web server's sockets with an accepting of our own: the web server's accepts again at once after every failure, and where no more files
/// can be opened, that takes a whole core. And with the pause of <see cref="Draining"/> between the end of listening and the rest of the end.
/// </summary>
internal sealed class DrainingSockets(Draining draining, OpenFiles files, ConnectionLimit limit, IOptions<SocketTransportOptions> options, ILoggerFactory loggers)
    : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    /// <summary>Each connection has the buffer of its listener. The system would give one that reads nothing some megabytes, and the time that they may take.</summary>
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
        /// <summary>Longer than a busy client's pause between two requests, much shorter than the patience of who stops us.</summary>
        private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);
        private const int MostTurns = 100;

        /// <summary>After a failure that the next attempt would meet again.</summary>
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
                    // The client went away before or while it was let in: the next one.
                    accepted?.Dispose();
                }
                catch (Exception error) when (!cancellationToken.IsCancellationRequested)
                {
                    // Whatever it is (at the limit of open files not even a library can be loaded), an exception would end the accepting for good.
                    accepted?.Dispose();
                    say(error);
                    await Task.Delay(TryAgainAfter, cancellationToken);
                }
            }
        }

        public async ValueTask UnbindAsync(CancellationToken cancellationToken = default)
        {
            // Who has been let in by the system and not yet by us would be thrown out with the socket.
            for (var turn = 0; draining.HasBegun && turn < MostTurns && socket.Poll(TimeSpan.Zero, SelectMode.SelectRead); turn++)
            {
                await Task.Delay(1, CancellationToken.None);
            }

            socket.Dispose();
            if (draining.HasBegun)
            {
                await Task.Delay(Pause, CancellationToken.None);
            }
        }

        public ValueTask DisposeAsync()
        {
            socket.Dispose();
            connections.Dispose();
            return default;
        }
    }
}

using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Options;

namespace Pilothouse.Listening;

/// <summary>
/// A clean end. The web server by itself stops listening and closes idle connections in the same moment, and with them those whose
/// next request is on its way. So between the two there is a pause, in which every answer says that it is its connection's last.
/// </summary>
internal sealed partial class Draining(IHostApplicationLifetime lifetime, ILogger<Draining> logger) : IHostedLifecycleService
{
    private long began;

    /// <summary>Whether we were told to end.</summary>
    public bool HasBegun => Volatile.Read(ref began) != 0;

    /// <summary>Serves a request. HTTP/2 has a word of its own for the last one, which the web server says.</summary>
    public Task ServeAsync(HttpContext http, RequestDelegate next)
    {
        if (HasBegun && HttpProtocol.IsHttp11(http.Request.Protocol))
        {
            http.Response.Headers.Connection = "close";
        }

        return next(http);
    }

    public Task StoppingAsync(CancellationToken cancellationToken)
    {
        // Tests stop their servers without a signal, and need no pause.
        if (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            Volatile.Write(ref began, Stopwatch.GetTimestamp());
            Stopping(logger);
        }

        return Task.CompletedTask;
    }

    public Task StoppedAsync(CancellationToken cancellationToken)
    {
        if (HasBegun)
        {
            var seconds = Math.Round(Stopwatch.GetElapsedTime(began).TotalSeconds, 1);
            Stopped(logger, Environment.ProcessId, seconds);
        }

        return Task.CompletedTask;
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(Level = LogLevel.Information, Message = "Stopping: what was accepted is answered, nothing new is taken")]
    private static partial void Stopping(ILogger logger);

    [LoggerMessage(Level = LogLevel.Information, Message = "Stopped; process {ProcessId} took {Seconds} s to end")]
    private static partial void Stopped(ILogger logger, int processId, double seconds);
}

/// <summary>The web server's own sockets, with the pause of <see cref="Draining"/> between the end of listening and the rest of the end.</summary>
internal sealed class DrainingSockets(Draining draining, IOptions<SocketTransportOptions> options, ILoggerFactory loggers) : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    /// <summary>Each connection has the buffer of its listener. The system would give one that reads nothing some megabytes, and the time that they may take.</summary>
    private const int SendBuffer = 128 * 1024;

    public bool CanBind(EndPoint endpoint) => endpoint is IPEndPoint;

    public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        Socket? socket = null;
        var sockets = new SocketTransportFactory(Options.Create(new SocketTransportOptions
        {
            Backlog = options.Value.Backlog,
            CreateBoundListenSocket = address =>
            {
                socket = SocketTransportOptions.CreateDefaultBoundListenSocket(address);
                socket.SendBufferSize = SendBuffer;
                return socket;
            },
        }), loggers);
        return new Listener(await sockets.BindAsync(endpoint, cancellationToken), socket!, draining);
    }

    private sealed class Listener(IConnectionListener inner, Socket socket, Draining draining) : IConnectionListener
    {
        /// <summary>Longer than a busy client's pause between two requests, much shorter than the patience of who stops us.</summary>
        private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);
        private const int MostTurns = 100;

        public EndPoint EndPoint => inner.EndPoint;

        public ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default) => inner.AcceptAsync(cancellationToken);

        public async ValueTask UnbindAsync(CancellationToken cancellationToken = default)
        {
            // Who has been let in by the system and not yet by us would be thrown out with the socket.
            for (var turn = 0; draining.HasBegun && turn < MostTurns && socket.Poll(TimeSpan.Zero, SelectMode.SelectRead); turn++)
            {
                await Task.Delay(1, CancellationToken.None);
            }

            await inner.UnbindAsync(cancellationToken);
            if (draining.HasBegun)
            {
                await Task.Delay(Pause, CancellationToken.None);
            }
        }

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}

using System.Diagnostics;

namespace Pilothouse.Listening;

/// <summary>
/// Lets clients finish when the server stops. On its own, the web server stops listening and closes idle connections at the same moment,
/// including those whose next request is already on its way. So there is a pause in between, in which every answer tells the client that it
/// is the last one on its connection.
/// </summary>
internal sealed partial class Draining(IHostApplicationLifetime lifetime, ILogger<Draining> logger) : IHostedLifecycleService
{
    private long began;

    /// <summary>Whether the server was told to stop.</summary>
    public bool HasBegun => Volatile.Read(ref began) != 0;

    /// <summary>
    /// Serves a request. For HTTP/1.1 it sets <c>Connection: close</c> while stopping; for HTTP/2 the web server sends GOAWAY itself.
    /// </summary>
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
        // Only a stop by a signal begins the pause. Tests stop their servers without a signal and need none.
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

    [LoggerMessage(Level = LogLevel.Information, Message = "Stopping: accepted requests are answered, new connections are not accepted")]
    private static partial void Stopping(ILogger logger);

    [LoggerMessage(Level = LogLevel.Information, Message = "Stopped; process {ProcessId} took {Seconds} s to end")]
    private static partial void Stopped(ILogger logger, int processId, double seconds);
}

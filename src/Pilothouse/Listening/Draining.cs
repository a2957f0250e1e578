using System.Diagnostics;

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

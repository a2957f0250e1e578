namespace Pilothouse.Monitoring;

/// <summary>
/// Work in the background that a failure does not end: it is logged, and the work begins again half a minute later. The framework's own service
/// would stop the whole server, as if somebody had asked for it.
/// </summary>
internal abstract partial class SteadyService(ILogger logger) : BackgroundService
{
    private static readonly TimeSpan BeginAgainAfter = TimeSpan.FromSeconds(30);

    /// <summary>The work, until the token is cancelled or nothing is left to do. What it throws is a fault of ours.</summary>
    protected abstract Task RunSteadilyAsync(CancellationToken stoppingToken);

    protected sealed override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            try
            {
                await RunSteadilyAsync(stoppingToken);
                return;
            }
            catch (Exception error) when (!stoppingToken.IsCancellationRequested)
            {
                Failed(logger, GetType().Name, error);
            }

            await Task.Delay(BeginAgainAfter, TimeProvider.System, stoppingToken);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{Work} in the background failed by a bug; it begins again in half a minute")]
    private static partial void Failed(ILogger logger, string work, Exception error);
}

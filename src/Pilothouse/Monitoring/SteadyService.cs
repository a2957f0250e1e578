using Pilothouse.Storage;

namespace Pilothouse.Monitoring;

/// <summary>
/// Background work that goes on after a failure: the failure is logged, and the work starts again half a minute later. The
/// BackgroundService of .NET would stop the whole server with exit code 0, as if somebody had stopped it.
/// </summary>
internal abstract partial class SteadyService(ILogger logger) : BackgroundService
{
    private static readonly TimeSpan BeginAgainAfter = TimeSpan.FromSeconds(30);

    /// <summary>Does the work until the token is cancelled or nothing is left to do. An exception that leaves it is a bug.</summary>
    protected abstract Task RunSteadilyAsync(CancellationToken stoppingToken);

    /// <summary>Whether the database could not do it now, so that a later look may. /health reports what is wrong with it.</summary>
    protected static bool MayWorkLater(Exception error) =>
        error is DatabaseBusyException or DatabaseFullException or DatabaseBrokenException or DatabaseInDoubtException or RowKeptAwayException;

    /// <summary>Does work now and each hour; a failure is passed to <paramref name="failed"/>, and the work is tried again in an hour.</summary>
    protected static async Task NowAndEachHourAsync(
        Func<CancellationToken, Task> work, Action<Exception> failed, TimeProvider clock, CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromHours(1), clock);
        do
        {
            try
            {
                await work(stoppingToken);
            }
            catch (Exception error) when (!stoppingToken.IsCancellationRequested)
            {
                failed(error);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

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

    [LoggerMessage(Level = LogLevel.Error, Message = "{Work} in the background failed because of a bug; it starts again in half a minute")]
    private static partial void Failed(ILogger logger, string work, Exception error);
}

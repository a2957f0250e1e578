using System.Diagnostics;
using Pilothouse.Storage;

namespace Pilothouse.Monitoring;

/// <summary>
/// Removes expired rows every hour: kept answers, revoked tokens, login windows, old changes. Each feature removes its own rows.
/// </summary>
internal sealed partial class Housekeeping(Database database, IEnumerable<IPurge> parts, TimeProvider clock, ILogger<Housekeeping> logger) : SteadyService(logger)
{
    protected override async Task RunSteadilyAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromHours(1), clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            await RunOnceForAllAsync(stoppingToken);
        }
    }

    /// <summary>Runs all parts once, unless another server on the same database does so at this moment.</summary>
    private async Task RunOnceForAllAsync(CancellationToken cancel)
    {
        try
        {
            await using var job = await database.TryTakeJobAsync("housekeeping", cancel);
            if (job is not null)
            {
                await RunAsync(cancel);
            }
        }
        catch (DatabaseBusyException busy)
        {
            NotAsked(logger, busy.Message);
        }
    }

    /// <summary>Runs all parts once, now. If one part fails, the others still run.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        foreach (var part in parts)
        {
            try
            {
                await RunAsync(part, cancel);
            }
            catch (Exception error) when (!cancel.IsCancellationRequested)
            {
                Failed(logger, part.GetType().Name, error);
            }
        }
    }

    /// <summary>Runs one part batch by batch, with pauses that leave four fifths of the time to other writers.</summary>
    private static async Task RunAsync(IPurge part, CancellationToken cancel)
    {
        while (true)
        {
            var started = Stopwatch.GetTimestamp();
            if (await part.PurgeAsync(cancel) == 0)
            {
                return;
            }

            // Measured with the machine's own time, because a test may stop the server's clock.
            await Task.Delay(FairShare.RestAfter(Stopwatch.GetElapsedTime(started)), TimeProvider.System, cancel);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Hourly housekeeping was left out: {Reason} It is tried again in an hour")]
    private static partial void NotAsked(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Hourly housekeeping: {Part} failed; it is tried again in an hour")]
    private static partial void Failed(ILogger logger, string part, Exception error);
}

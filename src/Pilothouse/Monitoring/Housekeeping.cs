using Pilothouse.Api;
using Pilothouse.Auth;
using Pilothouse.Storage;
using Pilothouse.Trades;

namespace Pilothouse.Monitoring;

/// <summary>Removes, each hour, what has ended: kept answers, revoked tokens, login windows, the log of closed trades.</summary>
internal sealed partial class Housekeeping(Database database, IdempotencyStore kept, TimeProvider clock, ILogger<Housekeeping> logger) : SteadyService(logger)
{
    protected override async Task RunSteadilyAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromHours(1), clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await RunAsync();
            }
            catch (Exception error)
            {
                Failed(logger, error);
            }
        }
    }

    /// <summary>Once, now; in batches, so that no writer waits for long.</summary>
    public async Task RunAsync()
    {
        while (await kept.PurgeAsync() > 0)
        {
        }

        while (await database.WriteAsync(ClosedTrades.PurgeAsync) > 0)
        {
        }

        await database.WriteAsync(session => CredentialStore.PurgeAsync(session, clock.GetUtcNow()));
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Hourly housekeeping failed; it is tried again in an hour")]
    private static partial void Failed(ILogger logger, Exception error);
}

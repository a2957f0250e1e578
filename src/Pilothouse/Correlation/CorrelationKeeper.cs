using Pilothouse.Auth;
using Pilothouse.Monitoring;
using Pilothouse.Storage;

namespace Pilothouse.Correlation;

/// <summary>
/// Computes the matrix of the assets with prices each hour, a minute after the hour has ended. One server at a time does it; a matrix of this
/// hour, whoever computed it, is enough.
/// </summary>
internal sealed partial class CorrelationKeeper(Database database, CorrelationComputer computer, TimeProvider clock, ILogger<CorrelationKeeper> logger)
    : SteadyService(logger)
{
    public const long PeriodDays = 7;

    private const string Job = "correlation-matrix";

    /// <summary>Prices of the end of the hour may come this late.</summary>
    private static readonly TimeSpan AfterTheHour = TimeSpan.FromMinutes(1);

    /// <summary>Computes and stores the matrix, unless that of the last complete hour is stored.</summary>
    /// <returns>How many correlations were stored.</returns>
    public async Task<int> RunAsync(CancellationToken cancel)
    {
        await using var job = await database.TryTakeJobAsync(Job, cancel);
        if (job is null)
        {
            return 0;
        }

        var matrix = await database.SnapshotAsync(ReadKind.Known, async session =>
            await MatrixStore.FindEndAsync(session, PeriodDays) >= CorrelationComputer.LastHour(clock.GetUtcNow()) ? null
                : await computer.ComputeAsync(session, null, PeriodDays), cancel);

        // One asset has nothing to be compared with.
        return matrix is { Assets.Count: > 1 } ? await database.WriteAsync(session => computer.StoreAsync(session, Caller.Server, matrix), cancel) : 0;
    }

    protected override async Task RunSteadilyAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            var now = clock.GetUtcNow();
            await Task.Delay(CorrelationComputer.LastHour(now).AddHours(1) + AfterTheHour - now, clock, stoppingToken);
            try
            {
                await RunAsync(stoppingToken);
            }
            catch (Exception error) when (!stoppingToken.IsCancellationRequested)
            {
                Failed(logger, error);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The correlations of the last hour could not be computed; it is tried again after the next one")]
    private static partial void Failed(ILogger logger, Exception error);
}

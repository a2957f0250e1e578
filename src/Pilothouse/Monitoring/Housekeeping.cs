using System.Diagnostics;
using Pilothouse.Storage;

namespace Pilothouse.Monitoring;

/// <summary>Removes, each hour, what has ended: kept answers, revoked tokens, login windows, old changes. Each part removes its own.</summary>
internal sealed partial class Housekeeping(IEnumerable<IPurge> parts, TimeProvider clock, ILogger<Housekeeping> logger) : SteadyService(logger)
{
    private static readonly TimeSpan LongestRest = TimeSpan.FromSeconds(1);

    protected override async Task RunSteadilyAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromHours(1), clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            await RunAsync(stoppingToken);
        }
    }

    /// <summary>Once, now. What keeps one part from its work must not keep the others from theirs.</summary>
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

    /// <summary>Batch by batch; four fifths of the time are left to writers.</summary>
    private static async Task RunAsync(IPurge part, CancellationToken cancel)
    {
        while (true)
        {
            var started = Stopwatch.GetTimestamp();
            if (await part.PurgeAsync(cancel) == 0)
            {
                return;
            }

            // The machine's own time and not the server's clock, which a test holds still.
            var rest = Stopwatch.GetElapsedTime(started) * 4;
            await Task.Delay(rest < LongestRest ? rest : LongestRest, TimeProvider.System, cancel);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Hourly housekeeping: {Part} failed; it is tried again in an hour")]
    private static partial void Failed(ILogger logger, string part, Exception error);
}

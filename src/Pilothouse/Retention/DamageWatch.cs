using Pilothouse.Monitoring;
using Pilothouse.Storage;

namespace Pilothouse.Retention;

/// <summary>
/// Checks every second whether a request has found a damaged page. The damage is stored in the database, so that a restart does not forget
/// it, and the whole file is checked at once and not only at night.
/// </summary>
internal sealed class DamageWatch(Database database, IntegrityCheck integrity, ILogger<DamageWatch> logger) : SteadyService(logger)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    protected override async Task RunSteadilyAsync(CancellationToken stoppingToken)
    {
        // The machine's own time is used: damage does not depend on the server's clock, which tests can stop.
        using var timer = new PeriodicTimer(Interval, TimeProvider.System);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            if (database.Upkeep.IsDamaged)
            {
                await integrity.NoteMetAsync(stoppingToken);
                return;
            }
        }
    }
}

using Pilothouse.Monitoring;
using Pilothouse.Storage;

namespace Pilothouse.Retention;

/// <summary>
/// Looks each second whether a request has come upon a damaged page: what was met is noted in the file, so that a restart does not forget it, and
/// the whole file is checked at once and not only at night.
/// </summary>
internal sealed class DamageWatch(Database database, IntegrityCheck integrity, ILogger<DamageWatch> logger) : SteadyService(logger)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    protected override async Task RunSteadilyAsync(CancellationToken stoppingToken)
    {
        // The machine's own time: a page is damaged whatever the clock says.
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

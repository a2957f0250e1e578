using Pilothouse.Configuration;
using Pilothouse.Monitoring;
using Pilothouse.Storage;

namespace Pilothouse.Consents;

/// <summary>
/// Denies the requests whose time is up. A decision looks at the time too, so a request is never approved late, also where no server runs that
/// could note its end.
/// </summary>
internal sealed class ConsentWatch(Database database, ConsentDecisions decisions, Settings settings, TimeProvider clock, ILogger<ConsentWatch> logger) : SteadyService(logger)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    protected override async Task RunSteadilyAsync(CancellationToken stoppingToken)
    {
        long? seen = null;
        DateTimeOffset? next = null;
        using var timer = new PeriodicTimer(Interval, clock);
        do
        {
            try
            {
                var stamp = await database.StampAsync(stoppingToken);
                if (stamp != seen || next <= clock.GetUtcNow())
                {
                    next = await decisions.ExpireAsync(stoppingToken);
                    seen = stamp;
                }

                // Where nothing is asked for any more, and nothing that was asked before waits, there is nothing to watch.
                if (settings.Consent.For.Length == 0 && next is null)
                {
                    return;
                }
            }
            catch (Exception error) when (MayWorkLater(error))
            {
                // The next look does it. /health reports what is wrong with the database.
                seen = null;
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }
}

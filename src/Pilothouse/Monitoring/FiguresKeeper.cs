using Pilothouse.Storage;

namespace Pilothouse.Monitoring;

/// <summary>Figures that are kept in memory and follow the log of changes.</summary>
internal interface IKeptFigures
{
    /// <summary>
    /// Brings them up to what is committed, so that the next request has little to wait for. Where the table is so small that reading it
    /// takes no time it does nothing, and takes no memory.
    /// </summary>
    ValueTask KeepAsync(CancellationToken cancel);
}

/// <summary>Makes the figures that are kept in memory ready after the start, and keeps them so while nobody asks.</summary>
internal sealed class FiguresKeeper(Database database, IEnumerable<IKeptFigures> kept, ILogger<FiguresKeeper> logger) : SteadyService(logger)
{
    /// <summary>A request brings them up to date in between.</summary>
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(30);

    protected override async Task RunSteadilyAsync(CancellationToken stoppingToken)
    {
        for (long? seen = null; ;)
        {
            try
            {
                var stamp = await database.StampAsync(stoppingToken);
                foreach (var figures in stamp == seen ? [] : kept)
                {
                    await figures.KeepAsync(stoppingToken);
                }

                seen = stamp;
            }
            catch (Exception error) when (MayWorkLater(error))
            {
                // The next look does it. /health reports what is wrong with the database.
            }

            await Task.Delay(Rest, TimeProvider.System, stoppingToken);
        }
    }
}

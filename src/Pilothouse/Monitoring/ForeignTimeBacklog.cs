using System.Diagnostics;
using Pilothouse.Configuration;
using Pilothouse.Storage;

namespace Pilothouse.Monitoring;

/// <summary>
/// Reads, as local, the times that other programs stored before FOREIGN_TIME_ZONE was set, as far as can be told from their form that they
/// did. It goes through each table once, in small transactions, and says what it found and what it left alone.
/// </summary>
internal sealed partial class ForeignTimeBacklog(Database database, Settings settings, ILogger<ForeignTimeBacklog> logger)
    : SteadyService(logger)
{
    protected override async Task RunSteadilyAsync(CancellationToken stoppingToken)
    {
        if (settings.ForeignTimeZone is null)
        {
            return;
        }

        foreach (var table in ForeignTimes.Tables)
        {
            var some = false;
            for (var more = true; more; some |= more)
            {
                var began = Stopwatch.GetTimestamp();
                more = await database.WriteAsync(table.ConvertSomeAsync, stoppingToken);

                await Task.Delay(FairShare.RestAfter(Stopwatch.GetElapsedTime(began)), TimeProvider.System, stoppingToken);
            }

            if (some && await database.ReadAsync(table.CountAsync, stoppingToken) is { } counts)
            {
                Done(logger, settings.ForeignTimeZone.Id, table.Name, counts.Converted, counts.Left);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Information,
        Message = "FOREIGN_TIME_ZONE={Zone}: of what was in {Table} before, {Converted} rows are read as local time now; "
            + "{Left} times look like those of the server and stay UTC")]
    private static partial void Done(ILogger logger, string zone, string table, long converted, long left);
}

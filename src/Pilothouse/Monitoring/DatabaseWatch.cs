using Pilothouse.Storage;

namespace Pilothouse.Monitoring;

/// <summary>Looks every few seconds at what the engine depends on, such as the standbys of its server, and reports what needs attention.</summary>
internal sealed class DatabaseWatch(Database database, ILogger<DatabaseWatch> logger) : SteadyService(logger), IWatched
{
    public const string Name = "database";
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    public Condition Look() => database.Upkeep.Concern is { } concern
        ? new(Name, ConditionState.Warning, concern)
        : new(Name, ConditionState.Ok, "Nothing that the database depends on needs attention.");

    protected override async Task RunSteadilyAsync(CancellationToken stoppingToken)
    {
        // The machine's own time is used, because tests may stop the server's clock.
        using var timer = new PeriodicTimer(Interval, TimeProvider.System);
        do
        {
            await database.Upkeep.LookAsync(stoppingToken);
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }
}

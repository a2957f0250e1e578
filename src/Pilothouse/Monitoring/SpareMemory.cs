namespace Pilothouse.Monitoring;

/// <summary>
/// Gives memory back to the system after a burst of large requests, and what only the start needed two seconds after it. The collector of .NET
/// runs when something is allocated, so a server that has become quiet would keep what the burst took until it is busy again.
/// </summary>
internal sealed class SpareMemory(ILogger<SpareMemory> logger) : SteadyService(logger)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    /// <summary>What a quiet server allocates in that time, with its metrics read and some signals stored.</summary>
    private const long Quiet = 2 << 20;

    /// <summary>What a burst has allocated before it is worth a collection.</summary>
    private const long Burst = 64 << 20;

    /// <summary>With more in the program, a collection of everything would hold up requests for longer than the memory is worth.</summary>
    private const long MostInUse = 64 << 20;

    protected override async Task RunSteadilyAsync(CancellationToken stoppingToken)
    {
        // The machine's own time is used, because tests may stop the server's clock.
        using var timer = new PeriodicTimer(Interval, TimeProvider.System);
        await timer.WaitForNextTickAsync(stoppingToken);
        ProgramPages.GiveBack();
        var collected = GC.GetTotalAllocatedBytes();
        var last = collected;
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            var allocated = GC.GetTotalAllocatedBytes();
            if (allocated - last < Quiet && allocated - collected > Burst)
            {
                collected = allocated;
                if (GC.GetTotalMemory(forceFullCollection: false) < MostInUse)
                {
                    GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
                }
            }

            last = allocated;
        }
    }
}

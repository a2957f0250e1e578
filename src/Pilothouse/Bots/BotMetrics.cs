using System.Diagnostics.Metrics;
using Pilothouse.Storage;

namespace Pilothouse.Bots;

/// <summary>
/// Counts the bots by the status of their last report. The database is read when the metric is exported, at most every
/// <see cref="Freshness"/>, and without waiting for a connection: if none is free, the previous counts are exported.
/// </summary>
internal sealed class BotMetrics(IMeterFactory meters, Database database, TimeProvider clock) : IHostedService
{
    private static readonly TimeSpan Freshness = TimeSpan.FromSeconds(5);
    private static readonly string[] States = [.. NewBotStatus.Statuses.All, "other"];
    private volatile Measurement<int>[] counts = [];
    private long readAt;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        meters.Create("Pilothouse").CreateObservableGauge("pilothouse.bots", Counts, "{bot}", $"Bots by their last report: {NewBotStatus.Statuses}, or other.");
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private Measurement<int>[] Counts()
    {
        var last = Interlocked.Read(ref readAt);
        var now = Math.Max(clock.GetTimestamp(), 1);
        if ((last == 0 || clock.GetElapsedTime(last, now) >= Freshness) && Interlocked.CompareExchange(ref readAt, now, last) == last)
        {
            // If a connection is free, this is finished when it returns.
            _ = RefreshAsync();
        }

        return counts;
    }

    private async Task RefreshAsync()
    {
        try
        {
            var bots = await database.ReadAsync(BotStore.ListStatesAsync);
            counts = [.. States.Select(state => new Measurement<int>(bots.Count(bot => (bot.Status ?? "other") == state), new KeyValuePair<string, object?>("status", state)))];
        }
        catch (Exception error) when (error is DatabaseBusyException or DatabaseFullException or DatabaseBrokenException or ObjectDisposedException)
        {
            // No counts are better than old ones. /health reports what is wrong.
            counts = [];
        }
    }
}

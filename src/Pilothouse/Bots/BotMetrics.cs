using System.Diagnostics.Metrics;
using Pilothouse.Storage;

namespace Pilothouse.Bots;

/// <summary>
/// Counts the bots by the status of their last report, and those that are silent. The database is read when the metric is exported, at most every
/// <see cref="Freshness"/>, and without waiting for a connection: if none is free, the previous counts are exported.
/// </summary>
internal sealed class BotMetrics(IMeterFactory meters, Database database, TimeProvider clock) : IHostedService
{
    private static readonly TimeSpan Freshness = TimeSpan.FromSeconds(5);
    private static readonly string[] States = [.. NewBotStatus.Statuses.All, "other"];
    private volatile Measurement<int>[] counts = [];
    private volatile Measurement<long>[] silent = [];
    private long readAt;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        var meter = meters.Create("Pilothouse");
        meter.CreateObservableGauge("pilothouse.bots", Counts, "{bot}", $"Bots by their last report: {NewBotStatus.Statuses}, or other.");
        meter.CreateObservableGauge("pilothouse.bots.silent", Silent, "{bot}", "Bots that are silent: each mode of a bot that reports counts.");
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private Measurement<int>[] Counts()
    {
        Refresh();
        return counts;
    }

    private Measurement<long>[] Silent()
    {
        Refresh();
        return silent;
    }

    private void Refresh()
    {
        var last = Interlocked.Read(ref readAt);
        var now = Math.Max(clock.GetTimestamp(), 1);
        if ((last == 0 || clock.GetElapsedTime(last, now) >= Freshness) && Interlocked.CompareExchange(ref readAt, now, last) == last)
        {
            // If a connection is free, this is finished when it returns.
            _ = RefreshAsync();
        }
    }

    private async Task RefreshAsync()
    {
        try
        {
            var (bots, quiet) = await database.ReadAsync(async session => (await BotStore.ListStatesAsync(session), await PresenceStore.CountSilentAsync(session)));
            silent = [new(quiet)];
            counts = [.. States.Select(state => new Measurement<int>(bots.Count(bot => (bot.Status ?? "other") == state), new KeyValuePair<string, object?>("status", state)))];
        }
        catch (Exception error) when (error is DatabaseBusyException or DatabaseFullException or DatabaseBrokenException or ObjectDisposedException)
        {
            // No counts are better than old ones. /health reports what is wrong.
            counts = [];
            silent = [];
        }
    }
}

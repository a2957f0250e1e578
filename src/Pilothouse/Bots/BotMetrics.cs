using System.Diagnostics.Metrics;
using Pilothouse.Storage;

namespace Pilothouse.Bots;

/// <summary>
/// How many bots there are by what they reported last. Read from the database when somebody asks, at most every
/// <see cref="Freshness"/>, without ever waiting for a connection: while all are lent the figures before are told.
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
            // On a connection that is free this is done when it returns.
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
            // No figures are better than old ones; /health says what is wrong.
            counts = [];
        }
    }
}

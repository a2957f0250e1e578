using System.Diagnostics.Metrics;
using Pilothouse.Monitoring;

namespace Pilothouse.CircuitBreaker;

/// <summary>Shows in /health/ready, <c>pilothouse status</c> and /metrics that trading is stopped.</summary>
internal sealed class BreakerWatch(IMeterFactory meters, MarketFollower market) : IWatched, IHostedService
{
    public const string Name = "circuit-breaker";

    public Condition Look()
    {
        var open = market.Judged.Open.Where(static one => !one.IsDryRun).ToList();
        var scope = open.Exists(static one => one.BotName is null) ? "all bots" : "some bots";
        return open.Count == 0
            ? new(Name, ConditionState.Ok, "Bots may trade.")
            : new(Name, ConditionState.Warning, $"The circuit breaker stops {scope} ({string.Join(", ", open.Select(static one => one.Type).Distinct())}). GET /api/circuit-breaker/events shows why, and docs/operations.md says what to do.");
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        meters.Create("Pilothouse").CreateObservableGauge("pilothouse.breaker.events", Counts, "{event}",
            "Open events of the circuit breaker by status: triggered, recovering or, only with CIRCUIT_BREAKER_DRY_RUN, dry_run.");
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private IEnumerable<Measurement<int>> Counts()
    {
        var open = market.Judged.Open;
        foreach (var status in new[] { BreakerStatus.Triggered, BreakerStatus.Recovering, "dry_run" })
        {
            var count = open.Count(one => status == "dry_run" ? one.IsDryRun : !one.IsDryRun && one.Status == status);
            yield return new(count, new KeyValuePair<string, object?>("status", status));
        }
    }
}

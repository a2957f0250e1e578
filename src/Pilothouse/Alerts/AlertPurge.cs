using Pilothouse.Configuration;
using Pilothouse.Storage;

namespace Pilothouse.Alerts;

/// <summary>
/// Removes alerts that are older than ALERTS_RETENTION_DAYS. Before that it gives up what waits for a target that is no longer set, which
/// nobody would send.
/// </summary>
internal sealed class AlertPurge(Database database, Settings settings, AlertTargets targets, TimeProvider clock) : IPurge
{
    private const int PurgedAtOnce = 200;

    private static readonly Sql Targets = new("SELECT DISTINCT target FROM alert_deliveries WHERE state = 'waiting' ORDER BY target");
    private static readonly Sql Waiting = new($"SELECT {AlertStore.DeliveryColumns} FROM alert_deliveries WHERE target = @target AND state = 'waiting' ORDER BY id LIMIT {PurgedAtOnce}");
    private static readonly Sql Forsake = new("""
        UPDATE alert_deliveries SET state = 'dead', next_at = NULL, claimed_until = NULL, problem = 'This target is no longer set.' WHERE id = @id AND state = 'waiting'
        """);
    private static readonly Sql Old = new($"""
        SELECT id FROM alerts WHERE own_time_key(at) < @before AND state IN ('sent', 'dead') ORDER BY own_time_key(at), id LIMIT {PurgedAtOnce}
        """);
    private static readonly Sql RemoveDeliveries = new("DELETE FROM alert_deliveries WHERE alert_id = @id");
    private static readonly Sql Remove = new("DELETE FROM alerts WHERE id = @id");

    public async Task<int> PurgeAsync(CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        while (await database.WriteAsync(session => ForsakeAsync(session, now), cancel) > 0)
        {
        }

        return settings.Retention.AlertsDays == 0 ? 0 : await database.WriteAsync(session => RemoveAsync(session, now.AddDays(-settings.Retention.AlertsDays)), cancel);
    }

    /// <summary>Another server of the same database may have the target still, and gives up after a day as well.</summary>
    private async ValueTask<int> ForsakeAsync(Session session, DateTimeOffset now)
    {
        var known = targets.All.Select(static target => target.Name).ToHashSet();
        var given = 0;
        foreach (var target in (await session.Prepare(Targets).ListAsync(static row => row.Text(0) ?? "")).Where(target => !known.Contains(target)))
        {
            var all = await session.Prepare(Waiting).Set("target", target).ListAsync(AlertStore.ReadDelivery);
            foreach (var delivery in all.Where(delivery => now - (delivery.FirstAt ?? now) >= AlertSender.LongestTried))
            {
                await session.Prepare(Forsake).Set("id", (long?)delivery.Id).ExecuteAsync();
                await AlertStore.SettleAsync(session, delivery.AlertId);
                given++;
            }
        }

        return given;
    }

    private static async ValueTask<int> RemoveAsync(Session session, DateTimeOffset before)
    {
        var old = await session.Prepare(Old).Set("before", (DateTimeOffset?)before).ListAsync(static row => row.Id(0));
        foreach (var id in old)
        {
            await session.Prepare(RemoveDeliveries).Set("id", (long?)id).ExecuteAsync();
            await session.Prepare(Remove).Set("id", (long?)id).ExecuteAsync();
        }

        return old.Count;
    }
}

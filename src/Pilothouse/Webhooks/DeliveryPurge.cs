using Pilothouse.Configuration;
using Pilothouse.Storage;

namespace Pilothouse.Webhooks;

/// <summary>Removes deliveries that are older than WEBHOOK_DELIVERIES_RETENTION_DAYS.</summary>
internal sealed class DeliveryPurge(Database database, Settings settings, TimeProvider clock) : IPurge
{
    public Task<int> PurgeAsync(CancellationToken cancel) => settings.Retention.WebhookDeliveriesDays == 0
        ? Task.FromResult(0)
        : database.WriteAsync(session => DeliveryStore.PurgeAsync(session, clock.GetUtcNow().AddDays(-settings.Retention.WebhookDeliveriesDays)), cancel);
}

using Pilothouse.Configuration;
using Pilothouse.Operations;
using Pilothouse.Storage;

namespace Pilothouse.Audit;

/// <summary>
/// Removes rows that are older than AUDIT_LOG_RETENTION_DAYS from the beginning of each chain, and seals the new beginning. The newest row
/// is never removed.
/// </summary>
internal sealed class AuditPurge(Database database, AuditKey key, Settings settings, TimeProvider clock) : IPurge
{
    private const int PurgedAtOnce = 200;

    private static readonly Sql Oldest = new($"SELECT {AuditRow.Columns.Selection} FROM audit_log WHERE chain = @chain AND number < @newest ORDER BY number LIMIT @limit");

    private static readonly Sql Delete = new("DELETE FROM audit_log WHERE chain = @chain AND number <= @number");

    public Task<int> PurgeAsync(CancellationToken cancel) => settings.Retention.AuditLogDays == 0
        ? Task.FromResult(0)
        : database.WriteAsync(session => PurgeAsync(session, clock.GetUtcNow().AddDays(-settings.Retention.AuditLogDays)), cancel);

    private async ValueTask<int> PurgeAsync(Session session, DateTimeOffset before)
    {
        var removed = 0;
        var ends = AuditEnds.Of(session, key);
        foreach (var stored in await AuditChain.ListAsync(session))
        {
            var chain = await ends.FindAsync(session, stored.Chain);
            AuditRow? last = null;
            foreach (var row in await session.Prepare(Oldest).Set("chain", chain.Chain).Set("newest", (long?)chain.Number).Set("limit", (long?)PurgedAtOnce).ListAsync(AuditRow.Columns.Read))
            {
                if (!Timestamps.TryParse(row.Timestamp, out var time, out _) || time >= before)
                {
                    break;
                }

                last = row;
            }

            if (last is not null)
            {
                removed += await session.Prepare(Delete).Set("chain", chain.Chain).Set("number", (long?)last.Number).ExecuteAsync();
                ends.Set(chain with { FirstNumber = last.Number + 1, FirstHash = last.Hash });
            }
        }

        return removed;
    }
}

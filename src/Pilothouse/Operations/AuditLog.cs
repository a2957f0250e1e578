using Pilothouse.Contract;
using Pilothouse.Storage;

namespace Pilothouse.Operations;

/// <summary>
/// Writes rows of the audit log in the transaction of the change that they record, so that neither is stored without the other. The end of
/// the hash chain is read and sealed in the same transaction (<see cref="AuditEnds"/>), so it is right even if another process wrote last.
/// </summary>
internal sealed class AuditLog(AuditKey key, TimeProvider clock)
{
    /// <summary>The name of the chain; a database with one writer has only one.</summary>
    public const string Chain = "main";

    private static readonly Sql Insert = new(RecordColumns<AuditRow>.InsertionOf("audit_log", AuditRow.Columns.Names));

    /// <summary>Records what a call did outside of any transaction.</summary>
    public Task<bool> RecordAsync(Database database, Call call, string operation, Changed changed) => database.WriteAsync(async session =>
    {
        await RecordAsync(session, call, operation, changed);
        return true;
    });

    /// <summary>Records what a call did.</summary>
    /// <param name="session">The transaction of the change.</param>
    /// <param name="call">The call, with its caller and its door.</param>
    /// <param name="operation">The name of the operation.</param>
    /// <param name="changed">The record that was changed.</param>
    public async ValueTask RecordAsync(Session session, Call call, string operation, Changed changed)
    {
        var after = changed.After is { } json ? await json(session) : null;
        var ends = AuditEnds.Of(session, key);
        var chain = await ends.FindAsync(session, Chain);
        var row = new AuditRow
        {
            Timestamp = Timestamps.ToStored(clock.GetUtcNow()),
            Who = call.Caller.Owner,
            WhoName = call.Caller.DisplayName,
            Operation = operation,
            Door = call.Door,
            Address = call.Address,
            RequestId = call.RequestId,
            RecordTable = changed.Table,
            RecordId = changed.Id,
            Before = changed.Before?.Invoke(),
            After = after,
            Reason = changed.Reason,
            Chain = Chain,
            Number = chain.Number + 1,
            KeyId = key.Id,
        };
        row.Hash = row.HashBy(key, chain.Hash);
        var storing = AuditRow.Columns.Bind(session.Prepare(Insert), row).ChangeAsync();
        if (!storing.IsFaulted)
        {
            // The end moves while the row is being stored: meanwhile another write of the commit may ask for it.
            ends.Set(chain with { Number = row.Number, Hash = row.Hash });
        }

        await storing;
        if (AuditedWork.EventOf(operation) is { } name)
        {
            await Notices.RecordAsync(session, name, after ?? "{}", clock.GetUtcNow());
        }
    }
}

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

    private static readonly Sql Insert = new("""
        INSERT INTO audit_log(timestamp, who, who_name, operation, door, address, request_id, record_table, record_id, before, after, reason, chain, number, key_id, hash)
        VALUES (@timestamp, @who, @who_name, @operation, @door, @address, @request_id, @record_table, @record_id, @before, @after, @reason, @chain, @number, @key_id, @hash)
        """);

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
        var row = new AuditRow(
            0, Timestamps.ToStored(clock.GetUtcNow()), call.Caller.Owner, call.Caller.DisplayName, operation, call.Door, call.Address, call.RequestId,
            changed.Table, changed.Id, changed.Before?.Invoke(), after, changed.Reason, Chain, chain.Number + 1, key.Id, "");
        var hash = row.HashBy(key, chain.Hash);
        var storing = session.Prepare(Insert)
            .Set("timestamp", row.Timestamp).Set("who", row.Who).Set("who_name", row.WhoName).Set("operation", row.Operation).Set("door", row.Door)
            .Set("address", row.Address).Set("request_id", row.RequestId).Set("record_table", row.RecordTable).Set("record_id", row.RecordId)
            .Set("before", row.Before).Set("after", row.After).Set("reason", row.Reason).Set("chain", row.Chain).Set("number", (long?)row.Number).Set("key_id", row.KeyId).Set("hash", hash)
            .ChangeAsync();
        if (!storing.IsFaulted)
        {
            // The end moves while the row is being stored: meanwhile another write of the commit may ask for it.
            ends.Set(chain with { Number = row.Number, Hash = hash });
        }

        await storing;
        if (AuditedWork.EventOf(operation) is { } name)
        {
            await Notices.RecordAsync(session, name, after ?? "{}", clock.GetUtcNow());
        }
    }
}

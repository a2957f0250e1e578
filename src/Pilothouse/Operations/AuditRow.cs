using System.Globalization;
using Pilothouse.Storage;

namespace Pilothouse.Operations;

/// <summary>One row of the audit log as it is stored.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Timestamp">The time, as text in UTC to the millisecond.</param>
/// <param name="Who">The credential: <c>key:ID</c>, <c>pin</c>, <c>command</c> or <c>server</c>.</param>
/// <param name="WhoName">The name of the API key, or the user on the command line.</param>
/// <param name="Operation">The name of the operation.</param>
/// <param name="Door">The door of the call: http, command or job.</param>
/// <param name="Address">The client's address.</param>
/// <param name="RequestId">The request id, which is also in the server's log.</param>
/// <param name="RecordTable">The table of the record that was stored or changed.</param>
/// <param name="RecordId">The record's id.</param>
/// <param name="Before">The record before the change, in JSON.</param>
/// <param name="After">The record after the change, in JSON.</param>
/// <param name="Reason">The reason that the caller gave.</param>
/// <param name="Chain">The hash chain that the row belongs to.</param>
/// <param name="Number">Its position in the chain, from 1 on.</param>
/// <param name="KeyId">The id of the key that made the hash.</param>
/// <param name="Hash">The HMAC over the hash of the row before and all the fields above but the id.</param>
internal sealed record AuditRow(
    long Id, string Timestamp, string Who, string? WhoName, string Operation, string Door, string? Address, string? RequestId,
    string? RecordTable, long? RecordId, string? Before, string? After, string? Reason, string Chain, long Number, string KeyId, string Hash)
{
    public const string Columns =
        "id, timestamp, who, who_name, operation, door, address, request_id, record_table, record_id, before, after, reason, chain, number, key_id, hash";

    public static AuditRow Read(Row row) => new(
        row.Id(0), row.Text(1) ?? "", row.Text(2) ?? "", row.Text(3), row.Text(4) ?? "", row.Text(5) ?? "", row.Text(6), row.Text(7),
        row.Text(8), row.Whole(9), row.Text(10), row.Text(11), row.Text(12), row.Text(13) ?? "", row.Whole(14) ?? 0, row.Text(15) ?? "", row.Text(16) ?? "");

    /// <summary>Returns the hash that this row must have if the row before it has the hash <paramref name="previous"/>.</summary>
    public string HashBy(AuditKey key, string previous) => key.Hash(
        previous, Timestamp, Who, WhoName, Operation, Door, Address, RequestId, RecordTable, RecordId?.ToString(CultureInfo.InvariantCulture), Before, After, Reason,
        Chain, Number.ToString(CultureInfo.InvariantCulture), KeyId);
}

/// <summary>The beginning and the end of a chain.</summary>
/// <param name="Chain">Its name.</param>
/// <param name="FirstNumber">The number of its oldest row. Retention has removed the rows before.</param>
/// <param name="FirstHash">The hash of the last row that was removed.</param>
/// <param name="Number">The number of its newest row.</param>
/// <param name="Hash">The hash of its newest row.</param>
/// <param name="KeyId">The id of the key that made the seal.</param>
/// <param name="Seal">The HMAC over all the fields above.</param>
internal sealed record AuditChain(string Chain, long FirstNumber, string FirstHash, long Number, string Hash, string KeyId, string Seal)
{
    private static readonly Sql Find = new("SELECT chain, first_number, first_hash, number, hash, key_id, seal FROM audit_chains WHERE chain = @chain");

    private static readonly Sql List = new("SELECT chain, first_number, first_hash, number, hash, key_id, seal FROM audit_chains ORDER BY chain");

    private static readonly Sql Store = new("""
        INSERT INTO audit_chains(chain, first_number, first_hash, number, hash, key_id, seal)
        VALUES (@chain, @first_number, @first_hash, @number, @hash, @key_id, @seal)
        ON CONFLICT (chain) DO UPDATE SET first_number = excluded.first_number, first_hash = excluded.first_hash,
          number = excluded.number, hash = excluded.hash, key_id = excluded.key_id, seal = excluded.seal
        """);

    /// <summary>Returns a chain without rows.</summary>
    public static AuditChain Empty(string chain) => new(chain, 1, "", 0, "", "", "");

    public static ValueTask<AuditChain?> FindAsync(Session session, string chain) => session.Prepare(Find).Set("chain", chain).FirstAsync(Read);

    public static ValueTask<List<AuditChain>> ListAsync(Session session) => session.Prepare(List).ListAsync(Read);

    public ValueTask<int> StoreAsync(Session session, AuditKey key) => session.Prepare(Store)
        .Set("chain", Chain).Set("first_number", (long?)FirstNumber).Set("first_hash", FirstHash).Set("number", (long?)Number).Set("hash", Hash)
        .Set("key_id", key.Id).Set("seal", SealBy(key)).ChangeAsync();

    public string SealBy(AuditKey key) => key.Hash(
        "chain", Chain, FirstNumber.ToString(CultureInfo.InvariantCulture), FirstHash, Number.ToString(CultureInfo.InvariantCulture), Hash, key.Id);

    private static AuditChain Read(Row row) => new(
        row.Text(0) ?? "", row.Whole(1) ?? 0, row.Text(2) ?? "", row.Whole(3) ?? 0, row.Text(4) ?? "", row.Text(5) ?? "", row.Text(6) ?? "");
}

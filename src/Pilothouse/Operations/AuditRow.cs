using System.Globalization;
using System.Text.Json.Serialization;
using Pilothouse.Contract;
using Pilothouse.Storage;

namespace Pilothouse.Operations;

/// <summary>One row of the audit log as it is stored.</summary>
internal sealed record AuditRow
{
    public static readonly RecordColumns<AuditRow> Columns = new(
        "audit_log", AuditRowJson.Default.AuditRow,
        Text("timestamp"), Text("who"), Text("who_name"), Text("operation"), Text("door"), Text("address"), Text("request_id"), Text("record_table"),
        Column.Whole("record_id"),
        Text("before"), Text("after"), Text("reason"), Text("chain"),
        Column.Whole("number"),
        Text("key_id"), Text("hash"));

    public long Id { get; set; }

    /// <summary>The time, as text in UTC to the millisecond.</summary>
    public string Timestamp { get; set; } = "";

    /// <summary>The credential: <c>key:ID</c>, <c>pin</c>, <c>command</c> or <c>server</c>.</summary>
    public string Who { get; set; } = "";

    /// <summary>The name of the API key, or the user on the command line.</summary>
    public string? WhoName { get; set; }

    /// <summary>The name of the operation.</summary>
    public string Operation { get; set; } = "";

    /// <summary>The door of the call: http, command or job.</summary>
    public string Door { get; set; } = "";

    /// <summary>The client's address.</summary>
    public string? Address { get; set; }

    /// <summary>The request id, which is also in the server's log.</summary>
    public string? RequestId { get; set; }

    /// <summary>The table of the record that was stored or changed.</summary>
    public string? RecordTable { get; set; }

    /// <summary>The record's id.</summary>
    public long? RecordId { get; set; }

    /// <summary>The record before the change, in JSON.</summary>
    public string? Before { get; set; }

    /// <summary>The record after the change, in JSON.</summary>
    public string? After { get; set; }

    /// <summary>The reason that the caller gave.</summary>
    public string? Reason { get; set; }

    /// <summary>The hash chain that the row belongs to.</summary>
    public string Chain { get; set; } = "";

    /// <summary>Its position in the chain, from 1 on.</summary>
    public long Number { get; set; }

    /// <summary>The id of the key that made the hash.</summary>
    public string KeyId { get; set; } = "";

    /// <summary>The HMAC over the hash of the row before and all the fields above but the id.</summary>
    public string Hash { get; set; } = "";

    /// <summary>Returns the hash that this row must have if the row before it has the hash <paramref name="previous"/>.</summary>
    public string HashBy(AuditKey key, string previous) => key.Hash(
        previous, Timestamp, Who, WhoName, Operation, Door, Address, RequestId, RecordTable, RecordId?.ToString(CultureInfo.InvariantCulture), Before, After, Reason,
        Chain, Number.ToString(CultureInfo.InvariantCulture), KeyId);

    private static Column Text(string name) => Column.Text(name, longest: int.MaxValue);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(AuditRow))]
internal sealed partial class AuditRowJson : JsonSerializerContext;

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

using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Pilothouse.Auth;
using Pilothouse.Contract;
using Pilothouse.Operations;
using Pilothouse.Storage;

namespace Pilothouse.Audit;

/// <summary>The operations on the audit log. They need the scope <c>control</c>.</summary>
internal sealed class AuditFeature : Feature
{
    private static readonly QueryShape ListQuery = new(
        QueryParameter.Limit(50), QueryParameter.Cursor,
        QueryParameter.Text("who", "Only by this credential: key: and the key's id, pin, command or server."),
        QueryParameter.Text("operation", "Only this operation, such as closeTrade."),
        QueryParameter.Text("record_table", "Only records of this table, such as trades."),
        new QueryParameter("record_id", QueryKind.Whole, "Only the record of this id; with record_table.") { Least = 1 },
        QueryParameter.From, QueryParameter.To);

    public override string Tag => "Audit";

    public override string About => "Who did what to money, rights and state.";

    public override IJsonTypeInfoResolver Json => AuditJson.Default;

    public override void AddServices(IServiceCollection services)
    {
        services.AddSingleton<IPurge, AuditPurge>();
        services.AddHostedService<AuditWitnessing>();
    }

    public override IEnumerable<Operation> Operations(IServiceProvider parts)
    {
        yield return new Read<Page<AuditEntry>>("listAudit", "GET /api/audit", "The audit log, newest first", AuditJson.Default.PageAuditEntry,
            static (session, _, query) => query.Has("record_id") && !query.Has("record_table")
                ? throw Refusal.Invalid("record_table", "must be sent where record_id is")
                : AuditStore.List.PageAsync(session, query, query.Whole("limit"), AuditStore.Read))
        { Query = ListQuery, Scope = Scopes.Control };
    }
}

/// <summary>A row of the audit log in an answer.</summary>
/// <param name="Before">The record before the change; null for a new one.</param>
/// <param name="After">The record after the change; null if it was removed.</param>
internal sealed record AuditEntry(
    long Id, DateTimeOffset? Timestamp, string Who, string? WhoName, string Operation, string Door, string? Address, string? RequestId,
    string? RecordTable, long? RecordId, JsonElement? Before, JsonElement? After, string? Reason, string Chain, long Number, string KeyId, string Hash)
{
    public static AuditEntry Of(AuditRow row) => new(
        row.Id, Timestamps.TryParse(row.Timestamp, out var time, out _) ? time : null, row.Who, row.WhoName, row.Operation, row.Door, row.Address, row.RequestId,
        row.RecordTable, row.RecordId, JsonText.Stored(row.Before), JsonText.Stored(row.After), row.Reason, row.Chain, row.Number, row.KeyId, row.Hash);
}

/// <summary>The list queries of the audit log.</summary>
internal static class AuditStore
{
    public static readonly ListSql List = new("audit_log", AuditRow.Columns.Selection, "timestamp",
        [("who", "who = @who"), ("operation", "operation = @operation"), ("record_table", "record_table = @record_table"), ("record_id", "record_id = @record_id")])
    { Leaders = ["record_id"], Groups = ["operation who record_table"], TimeKey = "own_time_key(timestamp)", HasTimeIndex = false };

    public static AuditEntry Read(Row row) => AuditEntry.Of(AuditRow.Columns.Read(row));
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, Converters = [typeof(TimeJson)])]
[JsonSerializable(typeof(Page<AuditEntry>))]
[JsonSerializable(typeof(string))]
internal sealed partial class AuditJson : JsonSerializerContext;

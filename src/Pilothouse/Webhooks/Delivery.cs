using Pilothouse.Contract;
using Pilothouse.Storage;

namespace Pilothouse.Webhooks;

/// <summary>What became of a message.</summary>
internal static class Outcomes
{
    /// <summary>It became a record.</summary>
    public const string Accepted = "accepted";

    /// <summary>It had come before, and nothing was stored.</summary>
    public const string Repeated = "repeated";

    /// <summary>It was understood, and tells nothing that is stored.</summary>
    public const string Noted = "noted";

    public const string Refused = "refused";

    public static readonly Choices All = new(Refused, Accepted, Repeated, Noted);
}

/// <summary>One message that came to a webhook.</summary>
/// <param name="Address">Where it came from.</param>
/// <param name="Outcome">One of <see cref="Outcomes"/>.</param>
/// <param name="Code">The error code of a refused one.</param>
/// <param name="Message">What became of it, in a sentence.</param>
/// <param name="RecordTable">The table of the record that it became.</param>
/// <param name="Body">Its text without secrets, cut where it is long.</param>
internal sealed record Delivery(
    long Id, DateTimeOffset? Timestamp, long WebhookId, string? Address, string? RequestId, string Outcome, string? Code, string Message,
    string? RecordTable, long? RecordId, string? Body);

/// <summary>A message by which a repetition is known.</summary>
/// <param name="Key">Which messages are the same one; null if nothing tells.</param>
/// <param name="ContentHash">The hash of what it says.</param>
internal sealed record MessageIdentity(string? Key, string ContentHash);

/// <summary>The record that an earlier message of the same identity became.</summary>
internal sealed record EarlierMessage(string? RecordTable, long? RecordId, string? ContentHash);

/// <summary>The table <c>webhook_deliveries</c>, which only the server writes.</summary>
internal static class DeliveryStore
{
    private const int PurgedAtOnce = 500;

    private const string Columns = "id, timestamp, webhook_id, address, request_id, outcome, code, message, record_table, record_id, body";

    /// <summary>Newest first. Filters: webhook_id, outcome.</summary>
    public static readonly ListSql List = new(
        "webhook_deliveries", Columns, "timestamp", ("webhook_id", "webhook_id = @webhook_id"), ("outcome", "outcome = @outcome"))
    { Leaders = ["webhook_id outcome", "webhook_id", "outcome"], TimeKey = "own_time_key(timestamp)" };

    private static readonly Sql Insert = new("""
        INSERT INTO webhook_deliveries(
          timestamp, webhook_id, address, request_id, outcome, code, message, record_table, record_id, message_key, content_hash, body)
        VALUES (@timestamp, @webhook_id, @address, @request_id, @outcome, @code, @message, @record_table, @record_id, @message_key, @content_hash, @body)
        RETURNING id
        """);

    private static readonly Sql Earlier = new("""
        SELECT record_table, record_id, content_hash FROM webhook_deliveries
        WHERE webhook_id = @webhook_id AND message_key = @message_key AND outcome = 'accepted' ORDER BY id DESC LIMIT 1
        """);

    private static readonly Sql EarlierSince = new("""
        SELECT record_table, record_id, content_hash FROM webhook_deliveries
        WHERE webhook_id = @webhook_id AND message_key = @message_key AND outcome = 'accepted' AND own_time_key(timestamp) > @since
        ORDER BY id DESC LIMIT 1
        """);

    private static readonly Sql PurgeOld = new($"""
        DELETE FROM webhook_deliveries WHERE id IN (
          SELECT id FROM webhook_deliveries WHERE own_time_key(timestamp) < @before ORDER BY own_time_key(timestamp) LIMIT {PurgedAtOnce})
        """);

    /// <returns>Its id.</returns>
    public static ValueTask<long> InsertAsync(Session session, Delivery delivery, MessageIdentity? identity) => session.Prepare(Insert)
        .Set("timestamp", delivery.Timestamp).Set("webhook_id", (long?)delivery.WebhookId).Set("address", delivery.Address).Set("request_id", delivery.RequestId)
        .Set("outcome", delivery.Outcome).Set("code", delivery.Code).Set("message", delivery.Message).Set("record_table", delivery.RecordTable)
        .Set("record_id", delivery.RecordId).Set("message_key", identity?.Key).Set("content_hash", identity?.ContentHash).Set("body", delivery.Body).InsertAsync();

    /// <summary>Returns what an earlier message with this key became; null if none did.</summary>
    /// <param name="since">Only later ones count; null for all.</param>
    public static ValueTask<EarlierMessage?> FindEarlierAsync(Session session, long webhookId, string key, DateTimeOffset? since)
    {
        var statement = session.Prepare(since is null ? Earlier : EarlierSince).Set("webhook_id", (long?)webhookId).Set("message_key", key);
        return (since is { } after ? statement.SetKey("since", Timestamps.ToStored(after)) : statement)
            .FirstAsync(static row => new EarlierMessage(row.Text(0), row.Whole(1), row.Text(2)));
    }

    /// <summary>Deletes some of those before a time, and returns how many.</summary>
    public static ValueTask<int> PurgeAsync(Session session, DateTimeOffset before) =>
        session.Prepare(PurgeOld).SetKey("before", Timestamps.ToStored(before)).ExecuteAsync();

    public static Delivery Read(Row row) => new(
        row.Id(0), row.Time(1), row.Whole(2) ?? 0, row.Text(3), row.Text(4), row.Text(5) ?? "", row.Text(6), row.Text(7) ?? "", row.Text(8), row.Whole(9), row.Text(10));
}

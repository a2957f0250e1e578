using System.Text;
using Pilothouse.Storage;

namespace Pilothouse.Operations;

/// <summary>
/// What happened without a record of its own, such as a backup that was made. A notice is stored in the table <c>notices</c>, so that the
/// live stream of every server sends it, in the order of the commits.
/// </summary>
internal sealed class Notices(Database database, TimeSpan kept, TimeProvider clock) : EventSource("notices", ("recorded", "")), IPurge
{
    public const string BackupMade = "backup.made";

    private static readonly Sql Insert = new("INSERT INTO notices(timestamp, event, data) VALUES (@timestamp, @event, @data) RETURNING id");

    private static readonly Sql Range = new("SELECT id, event, data FROM notices WHERE id BETWEEN @first AND @last");

    private static readonly Sql Purge = new("DELETE FROM notices WHERE id IN (SELECT id FROM notices WHERE own_time_key(timestamp) < @before ORDER BY id LIMIT 500)");

    public override IEnumerable<string> Events => [BackupMade];

    /// <summary>Stores a notice in the transaction of <paramref name="session"/>.</summary>
    /// <param name="session">The transaction.</param>
    /// <param name="name">The name of the event, one of <see cref="Events"/>.</param>
    /// <param name="json">What the event sends, in JSON.</param>
    /// <param name="now">The time.</param>
    public static ValueTask<long> RecordAsync(Session session, string name, string json, DateTimeOffset now) =>
        session.Prepare(Insert).Set("timestamp", (DateTimeOffset?)now).Set("event", name).Set("data", json).InsertAsync();

    public override async ValueTask<List<EventRow>> ReadAsync(Session session, IReadOnlyList<long> ids)
    {
        var asked = ids.ToHashSet();
        var rows = await session.Prepare(Range).Set("first", (long?)ids[0]).Set("last", (long?)ids[^1])
            .ListAsync(static row => new EventRow(row.Id(0), Encoding.UTF8.GetBytes(row.Text(2) ?? "{}"), Event: row.Text(1)));
        return rows.FindAll(row => asked.Contains(row.Id));
    }

    /// <summary>Removes notices that are older than the changes that the stream can still send.</summary>
    public async Task<int> PurgeAsync(CancellationToken cancel)
    {
        if (kept == TimeSpan.Zero)
        {
            return 0;
        }

        var before = clock.GetUtcNow() - kept;
        return await database.WriteAsync(
            session => ChangeLog.WithoutAsync(session, "notices", () => session.Prepare(Purge).Set("before", (DateTimeOffset?)before).ExecuteAsync()), cancel);
    }
}

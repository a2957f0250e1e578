using Pilothouse.Contract;
using Pilothouse.Storage;

namespace Pilothouse.Alerts;

/// <summary>The tables of the outbox: alerts, alert_deliveries, alert_troubles and alert_positions. Only the server writes them.</summary>
internal static class AlertStore
{
    public const string Table = "alerts";

    /// <summary>The position in the log of changes.</summary>
    public const string Log = "main";

    /// <summary>The end of the last day of which a summary was told, in seconds since 1970.</summary>
    public const string Days = "summary";

    /// <summary>The longest text of an alert, in characters. Telegram takes 4,096 and Discord 2,000.</summary>
    public const int LongestText = 1500;

    public const string DeliveryColumns = "id, alert_id, target, state, attempts, first_at, next_at, sent_at, problem";

    /// <summary>The fields of <see cref="Alert"/> but its deliveries.</summary>
    private const string Columns = "id, at, topic, event, state, text, bot_name, resolved, urgent, count, gather_until";

    public static readonly ListSql List = new(Table, Columns, "at", ("state", "state = @state"), ("topic", "topic = @topic"), ("bot_name", "bot_name = @bot_name"))
    { Leaders = [], Groups = ["state topic bot_name"], TimeKey = "own_time_key(at)" };

    private static readonly Sql Find = new($"SELECT {Columns} FROM alerts WHERE id = @id");
    private static readonly Sql Gathering = new($"SELECT {Columns} FROM alerts WHERE state = 'gathering' ORDER BY id");
    private static readonly Sql LastQueued = new("SELECT max(queued_at) FROM alerts WHERE event = @event");
    private static readonly Sql Insert = new("""
        INSERT INTO alerts(at, topic, event, state, text, bot_name, resolved, urgent, count, gather_until)
        VALUES (@at, @topic, @event, 'gathering', @text, @bot_name, @resolved, @urgent, 1, @gather_until) RETURNING id
        """);
    private static readonly Sql Join = new("UPDATE alerts SET text = @text, count = count + 1, bot_name = @bot_name WHERE id = @id");
    private static readonly Sql Queue = new("UPDATE alerts SET state = 'waiting', queued_at = @now WHERE id = @id AND state = 'gathering'");
    private static readonly Sql Settle = new("""
        UPDATE alerts SET state = CASE WHEN EXISTS (SELECT 1 FROM alert_deliveries WHERE alert_id = @id AND state = 'waiting') THEN 'waiting'
          WHEN EXISTS (SELECT 1 FROM alert_deliveries WHERE alert_id = @id AND state = 'dead') THEN 'dead' ELSE 'sent' END WHERE id = @id
        """);

    private static readonly Sql Deliveries = new($"SELECT {DeliveryColumns} FROM alert_deliveries WHERE alert_id = @id ORDER BY id");
    private static readonly Sql Deliver = new("""
        INSERT INTO alert_deliveries(alert_id, target, state, attempts, first_at, next_at) VALUES (@id, @target, 'waiting', 0, @now, @now)
        """);
    private static readonly Sql First = new($"SELECT {DeliveryColumns}, claimed_until FROM alert_deliveries WHERE target = @target AND state = 'waiting' ORDER BY id LIMIT 1");
    private static readonly Sql Claim = new("UPDATE alert_deliveries SET claimed_until = @until WHERE id = @id AND state = 'waiting'");
    private static readonly Sql Mark = new("""
        UPDATE alert_deliveries SET state = @state, attempts = attempts + 1, next_at = @next_at, sent_at = @sent_at, problem = @problem, claimed_until = NULL
        WHERE id = @id AND state = 'waiting'
        """);
    private static readonly Sql Again = new("""
        UPDATE alert_deliveries SET state = 'waiting', attempts = 0, first_at = @now, next_at = @now, sent_at = NULL, claimed_until = NULL WHERE alert_id = @id AND state <> 'waiting'
        """);

    private static readonly Sql Troubles = new("SELECT trouble FROM alert_troubles ORDER BY trouble");
    private static readonly Sql Begin = new("INSERT INTO alert_troubles(trouble, since) VALUES (@trouble, @now) ON CONFLICT (trouble) DO NOTHING");
    private static readonly Sql End = new("DELETE FROM alert_troubles WHERE trouble = @trouble");

    private static readonly Sql Position = new("SELECT position, version FROM alert_positions WHERE name = @name");
    private static readonly Sql FirstPosition = new("INSERT INTO alert_positions(name, position, version) VALUES (@name, @position, 0) ON CONFLICT (name) DO NOTHING");
    private static readonly Sql Move = new("UPDATE alert_positions SET position = @position, version = version + 1 WHERE name = @name AND version = @version");

    private static readonly Sql Unheard = new("""
        SELECT id, bot_name FROM bot_controls WHERE emergency_close = 1 AND asked_at <= @late AND asked_at > @old AND NOT EXISTS (
          SELECT 1 FROM bot_control_acks WHERE control_seq >= bot_controls.id AND (bot_controls.bot_name = '*' OR bot_control_acks.bot_name = bot_controls.bot_name))
        ORDER BY id LIMIT 50
        """);

    private static readonly Sql TriedOften = new("""
        SELECT client FROM login_budgets WHERE ((client LIKE 'client:%' AND attempts >= @most) OR (client NOT LIKE 'client:%' AND attempts >= @most_of_all)) AND window_ends > @now
        ORDER BY client LIMIT 50
        """);

    public static ValueTask<Alert?> FindAsync(Session session, long id) => session.Prepare(Find).Set("id", (long?)id).FirstAsync(Read);

    public static ValueTask<List<AlertDelivery>> DeliveriesAsync(Session session, long id) => session.Prepare(Deliveries).Set("id", (long?)id).ListAsync(ReadDelivery);

    public static ValueTask<List<Alert>> GatheringAsync(Session session) => session.Prepare(Gathering).ListAsync(Read);

    /// <summary>Returns when an alert of this event was last given to the targets; null for never.</summary>
    public static ValueTask<DateTimeOffset?> LastQueuedAsync(Session session, string name) => session.Prepare(LastQueued).Set("event", name).FirstAsync(static row => row.Time(0));

    public static ValueTask<long> InsertAsync(Session session, AlertNote note, DateTimeOffset now, DateTimeOffset gatherUntil) => session.Prepare(Insert)
        .Set("at", (DateTimeOffset?)now).Set("topic", note.Topic).Set("event", note.Event).Set("text", note.Text).Set("bot_name", note.BotName)
        .Set("resolved", note.IsResolved ? 1L : 0L).Set("urgent", note.IsUrgent ? 1L : 0L).Set("gather_until", (DateTimeOffset?)gatherUntil).InsertAsync();

    public static ValueTask<int> JoinAsync(Session session, long id, string text, string? bot) =>
        session.Prepare(Join).Set("id", (long?)id).Set("text", text).Set("bot_name", bot).ExecuteAsync();

    /// <summary>Gives an alert to the targets.</summary>
    public static async ValueTask QueueAsync(Session session, long id, IEnumerable<string> targets, DateTimeOffset now)
    {
        if (await session.Prepare(Queue).Set("id", (long?)id).Set("now", (DateTimeOffset?)now).ExecuteAsync() == 0)
        {
            return;
        }

        foreach (var target in targets)
        {
            await session.Prepare(Deliver).Set("id", (long?)id).Set("target", target).Set("now", (DateTimeOffset?)now).ExecuteAsync();
        }
    }

    /// <summary>Takes the next delivery of a target, for as long as an attempt may take. Deliveries go out in their order.</summary>
    /// <returns>Null if none is due, or if another server has it.</returns>
    public static async ValueTask<AlertDelivery?> ClaimAsync(Session session, string target, DateTimeOffset now, DateTimeOffset until)
    {
        var (delivery, claimed) = await session.Prepare(First).Set("target", target).FirstAsync(static row => ((AlertDelivery?)ReadDelivery(row), row.Time(9)));
        if (delivery is null || delivery.NextAt > now || claimed > now)
        {
            return null;
        }

        await session.Prepare(Claim).Set("id", (long?)delivery.Id).Set("until", (DateTimeOffset?)until).ExecuteAsync();
        return delivery;
    }

    /// <summary>Whether a target has a delivery that is due.</summary>
    public static ValueTask<bool> IsDueAsync(Session session, string target, DateTimeOffset now) => session.Prepare(First).Set("target", target)
        .FirstAsync(row => !(row.Time(6) > now) && !(row.Time(9) > now));

    /// <summary>Notes what became of an attempt.</summary>
    public static async ValueTask MarkAsync(Session session, AlertDelivery delivery)
    {
        await session.Prepare(Mark).Set("id", (long?)delivery.Id).Set("state", delivery.State).Set("next_at", delivery.NextAt).Set("sent_at", delivery.SentAt)
            .Set("problem", delivery.Problem).ExecuteAsync();
        await SettleAsync(session, delivery.AlertId);
    }

    /// <summary>Gives an alert the state that follows from those of its deliveries.</summary>
    public static ValueTask<int> SettleAsync(Session session, long id) => session.Prepare(Settle).Set("id", (long?)id).ExecuteAsync();

    /// <summary>Lets the targets that have taken an alert, or given it up, get it once more.</summary>
    /// <returns>How many targets.</returns>
    public static async ValueTask<int> ResendAsync(Session session, long id, DateTimeOffset now)
    {
        var count = await session.Prepare(Again).Set("id", (long?)id).Set("now", (DateTimeOffset?)now).ExecuteAsync();
        await SettleAsync(session, id);
        return count;
    }

    /// <summary>Returns the keys of the troubles that were told and have not ended.</summary>
    public static async ValueTask<HashSet<string>> TroublesAsync(Session session) => [.. await session.Prepare(Troubles).ListAsync(static row => row.Text(0) ?? "")];

    /// <returns>Whether the trouble is new.</returns>
    public static async ValueTask<bool> BeginAsync(Session session, string trouble, DateTimeOffset now) =>
        await session.Prepare(Begin).Set("trouble", trouble).Set("now", (DateTimeOffset?)now).ExecuteAsync() > 0;

    /// <returns>Whether the trouble was told.</returns>
    public static async ValueTask<bool> EndAsync(Session session, string trouble) => await session.Prepare(End).Set("trouble", trouble).ExecuteAsync() > 0;

    /// <summary>Returns up to where the log of changes, or the days of the summary, were followed; null if they never were.</summary>
    /// <param name="session">The session.</param>
    /// <param name="of"><see cref="Log"/> or <see cref="Days"/>.</param>
    public static ValueTask<FollowedTo?> PositionAsync(Session session, string of) => session.Prepare(Position).Set("name", of).FirstAsync(static row => new FollowedTo(row.Id(0), row.Id(1)));

    public static ValueTask<int> BeginAtAsync(Session session, string of, long position) => session.Prepare(FirstPosition).Set("name", of).Set("position", (long?)position).ExecuteAsync();

    /// <returns>False if another server was quicker.</returns>
    public static async ValueTask<bool> MoveAsync(Session session, string of, FollowedTo from, long position) =>
        await session.Prepare(Move).Set("name", of).Set("position", (long?)position).Set("version", (long?)from.Version).ExecuteAsync() > 0;

    /// <summary>Returns the emergency closes of the last day that were asked before <paramref name="late"/> and that no bot has heard.</summary>
    public static ValueTask<List<(long Id, string Bot)>> UnheardAsync(Session session, DateTimeOffset late) => session.Prepare(Unheard)
        .Set("late", (DateTimeOffset?)late).Set("old", (DateTimeOffset?)late.AddDays(-1)).ListAsync(static row => (row.Id(0), row.Text(1) ?? ""));

    /// <summary>Returns the clients that have tried the PIN so often that they must wait.</summary>
    public static ValueTask<List<string>> TriedOftenAsync(Session session, (int OfClient, int OfAll) most, DateTimeOffset now) => session.Prepare(TriedOften)
        .Set("most", (long?)most.OfClient).Set("most_of_all", (long?)most.OfAll).Set("now", (DateTimeOffset?)now).ListAsync(static row => row.Text(0) ?? "");

    public static Alert Read(Row row) => new()
    {
        Id = row.Id(0),
        At = row.Time(1),
        Topic = row.Text(2),
        Event = row.Text(3),
        State = row.Text(4),
        Text = row.Text(5),
        BotName = row.Text(6),
        Resolved = row.Whole(7),
        Urgent = row.Whole(8),
        Count = row.Whole(9),
        GatherUntil = row.Time(10),
    };

    public static AlertDelivery ReadDelivery(Row row) => new(
        row.Id(0), row.Id(1), row.Text(2) ?? "", row.Text(3) ?? "", row.Whole(4) ?? 0, row.Time(5), row.Time(6), row.Time(7), row.Text(8));
}

/// <summary>Up to where the log of changes was followed.</summary>
/// <param name="Version">Grows with each step, so that of two servers one takes it.</param>
internal sealed record FollowedTo(long Position, long Version);

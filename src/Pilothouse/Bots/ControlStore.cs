using Pilothouse.Storage;

namespace Pilothouse.Bots;

/// <summary>The tables <c>bot_controls</c> and <c>bot_control_acks</c>.</summary>
internal static class ControlStore
{
    private const string Columns = "id, bot_name, asked_at, asked_by, asked_by_name, state, mode, emergency_close, open_trades, reason";

    private static readonly Sql Insert = new("""
        INSERT INTO bot_controls(bot_name, asked_at, asked_by, asked_by_name, state, mode, emergency_close, open_trades, reason)
        VALUES (@bot_name, @asked_at, @asked_by, @asked_by_name, @state, @mode, @emergency_close, @open_trades, @reason) RETURNING id
        """);

    /// <summary>The newest control of the bot, and of all bots, for each field: at most six rows, which partial indexes find.</summary>
    private static readonly Sql Holding = new($"""
        SELECT {Columns} FROM bot_controls WHERE id IN (
          (SELECT max(id) FROM bot_controls WHERE bot_name = @bot_name AND state IS NOT NULL),
          (SELECT max(id) FROM bot_controls WHERE bot_name = '*' AND state IS NOT NULL),
          (SELECT max(id) FROM bot_controls WHERE bot_name = @bot_name AND mode IS NOT NULL),
          (SELECT max(id) FROM bot_controls WHERE bot_name = '*' AND mode IS NOT NULL),
          (SELECT max(id) FROM bot_controls WHERE bot_name = @bot_name AND emergency_close IS NOT NULL),
          (SELECT max(id) FROM bot_controls WHERE bot_name = '*' AND emergency_close IS NOT NULL))
        ORDER BY id DESC
        """);

    private static readonly Sql OfBot = new($"SELECT {Columns} FROM bot_controls WHERE bot_name IN (@bot_name, '*') ORDER BY id DESC LIMIT @limit");

    private static readonly Sql Find = new($"SELECT {Columns} FROM bot_controls WHERE id = @id");

    private static readonly Sql FindAck = new("""
        SELECT bot_controls.id, bot_control_acks.bot_name, asked_at, asked_by, asked_by_name, state, mode, emergency_close, open_trades, reason, heard_at, done_at
        FROM bot_control_acks JOIN bot_controls ON bot_controls.id = control_seq WHERE bot_control_acks.id = @id
        """);

    private static readonly Sql Exists = new("SELECT 1 FROM bot_controls WHERE id = @id AND bot_name IN (@bot_name, '*')");

    private static readonly Sql NewestAck = new(
        "SELECT bot_name, control_seq, heard_at, done_at FROM bot_control_acks WHERE bot_name = @bot_name ORDER BY control_seq DESC LIMIT 1");

    private static readonly Sql AcksFrom = new("""
        SELECT bot_name, control_seq, heard_at, done_at FROM bot_control_acks WHERE bot_name = @bot_name AND control_seq >= @control_seq ORDER BY control_seq
        """);

    private static readonly Sql AcksOfAll = new(
        "SELECT bot_name, max(control_seq), min(heard_at), min(done_at) FROM bot_control_acks WHERE control_seq >= @control_seq GROUP BY bot_name ORDER BY bot_name");

    private static readonly Sql IsDone = new(
        "SELECT 1 FROM bot_control_acks WHERE bot_name = @bot_name AND control_seq >= @control_seq AND done_at IS NOT NULL LIMIT 1");

    private static readonly Sql InsertHeard = new("""
        INSERT INTO bot_control_acks(bot_name, control_seq, heard_at) SELECT @bot_name, @control_seq, @at
        WHERE NOT EXISTS (SELECT 1 FROM bot_control_acks WHERE bot_name = @bot_name AND control_seq >= @control_seq)
        """);

    private static readonly Sql InsertDone = new("""
        INSERT INTO bot_control_acks(bot_name, control_seq, heard_at, done_at) VALUES (@bot_name, @control_seq, @at, @at)
        ON CONFLICT (bot_name, control_seq) DO UPDATE SET done_at = excluded.done_at
        """);

    /// <summary>Stores a control.</summary>
    /// <returns>Its control_seq.</returns>
    public static ValueTask<long> InsertAsync(Session session, BotControlRow row) =>
        session.Prepare(Insert).Set("bot_name", row.BotName).Set("asked_at", row.AskedAt).Set("asked_by", row.AskedBy).Set("asked_by_name", row.AskedByName)
            .Set("state", row.State).Set("mode", row.Mode).Set("emergency_close", row.EmergencyClose is { } flag ? flag ? 1L : 0L : null)
            .Set("open_trades", row.OpenTrades).Set("reason", row.Reason).InsertAsync();

    /// <summary>Returns the controls that may hold for a bot, the newest first.</summary>
    public static ValueTask<List<BotControlRow>> HoldingAsync(Session session, string botName) => session.Prepare(Holding).Set("bot_name", botName).ListAsync(Read);

    /// <summary>Returns the controls of a bot and of all bots, the newest first.</summary>
    public static ValueTask<List<BotControlRow>> ListAsync(Session session, string botName, int limit) =>
        session.Prepare(OfBot).Set("bot_name", botName).Set("limit", (long)limit).ListAsync(Read);

    /// <summary>Returns a control; null if it does not exist.</summary>
    public static ValueTask<BotControlRow?> FindAsync(Session session, long controlSeq) => session.Prepare(Find).Set("id", controlSeq).FirstAsync(Read);

    /// <summary>Returns a control as one bot has heard it, by the id of what it said; null if that does not exist.</summary>
    public static ValueTask<BotControlRow?> FindAckAsync(Session session, long id) =>
        session.Prepare(FindAck).Set("id", id).FirstAsync(static row => Read(row) with { HeardAt = row.Time(10), DoneAt = row.Time(11) });

    /// <summary>Whether a control was asked of the bot, or of all bots.</summary>
    public static ValueTask<bool> ExistsAsync(Session session, string botName, long controlSeq) =>
        session.Prepare(Exists).Set("id", controlSeq).Set("bot_name", botName).AnyAsync();

    /// <summary>Returns the newest control that a bot has named; null if it has named none.</summary>
    public static ValueTask<BotControlSaid?> NewestSaidAsync(Session session, string botName) =>
        session.Prepare(NewestAck).Set("bot_name", botName).FirstAsync(ReadSaid);

    /// <summary>Returns what a bot has said of this control and of later ones, the oldest first.</summary>
    public static ValueTask<List<BotControlSaid>> SaidFromAsync(Session session, string botName, long controlSeq) =>
        session.Prepare(AcksFrom).Set("bot_name", botName).Set("control_seq", controlSeq).ListAsync(ReadSaid);

    /// <summary>Returns what each bot has said of this control or of a later one.</summary>
    public static ValueTask<List<BotControlSaid>> SaidByAllAsync(Session session, long controlSeq) =>
        session.Prepare(AcksOfAll).Set("control_seq", controlSeq).ListAsync(ReadSaid);

    /// <summary>Whether a bot has done this control or a later one.</summary>
    public static ValueTask<bool> IsDoneAsync(Session session, string botName, long controlSeq) =>
        session.Prepare(IsDone).Set("bot_name", botName).Set("control_seq", controlSeq).AnyAsync();

    /// <summary>Notes that a bot has heard a control, unless it has heard this or a later one before.</summary>
    /// <returns>How many rows were stored: 0 or 1.</returns>
    public static ValueTask<int> HearAsync(Session session, string botName, long controlSeq, DateTimeOffset at) =>
        session.Prepare(InsertHeard).Set("bot_name", botName).Set("control_seq", controlSeq).Set("at", (DateTimeOffset?)at).ExecuteAsync();

    /// <summary>Notes that a bot has done a control.</summary>
    public static ValueTask<int> FinishAsync(Session session, string botName, long controlSeq, DateTimeOffset at) =>
        session.Prepare(InsertDone).Set("bot_name", botName).Set("control_seq", controlSeq).Set("at", (DateTimeOffset?)at).ChangeAsync();

    private static BotControlRow Read(Row row) => new(
        row.Id(0), row.Text(1) ?? "", row.Time(2), row.Text(3), row.Text(4), BotControl.States.Normal(row.Text(5)), NewBotStatus.Modes.Normal(row.Text(6)),
        row.Whole(7) is { } flag ? flag != 0 : null, BotControl.OpenTrades.Normal(row.Text(8)), row.Text(9));

    private static BotControlSaid ReadSaid(Row row) => new(row.Text(0) ?? "", row.Whole(1) ?? 0, row.Time(2), row.Time(3));
}

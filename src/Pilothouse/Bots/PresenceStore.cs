using System.Text.Json.Serialization;
using Pilothouse.Storage;

namespace Pilothouse.Bots;

/// <summary>Whether a bot that reports has fallen silent, in one mode.</summary>
/// <param name="Mode">The mode in lower case; null if its reports name none.</param>
/// <param name="Since">When it fell silent, came back, or first reported.</param>
/// <param name="LastReportAt">The time of its newest report then.</param>
/// <param name="ExpectedEverySeconds">How often it said that it reports.</param>
/// <param name="LastReportId">The id of that report.</param>
internal sealed record BotPresence(
    long Id, string BotName, string? Mode, bool Silent, DateTimeOffset? Since, DateTimeOffset? LastReportAt, long? ExpectedEverySeconds, [property: JsonIgnore] long? LastReportId);

/// <summary>The table <c>bot_presence</c>, which only the server writes. Its triggers log who falls silent and who comes back.</summary>
internal static class PresenceStore
{
    private const string Columns = "id, bot_name, mode, silent, since, last_report_at, expected_every_seconds, last_report_id";

    private static readonly Sql List = new($"SELECT {Columns} FROM bot_presence ORDER BY bot_name, mode");

    private static readonly Sql Find = new($"SELECT {Columns} FROM bot_presence WHERE id = @id");

    private static readonly Sql FindOf = new($"SELECT {Columns} FROM bot_presence WHERE bot_name = @bot_name AND mode = @mode");

    private static readonly Sql CountSilent = new("SELECT count(*) FROM bot_presence WHERE silent = 1");

    private static readonly Sql Begin = new("""
        INSERT INTO bot_presence(bot_name, mode, silent, since, last_report_at, last_report_id, expected_every_seconds)
        VALUES (@bot_name, @mode, 0, @since, @last_report_at, @last_report_id, @expected) ON CONFLICT (bot_name, mode) DO NOTHING
        """);

    /// <summary>Only if no report of the bot has come since the position up to which the log of changes was read.</summary>
    private static readonly Sql FallSilent = new("""
        UPDATE bot_presence SET silent = 1, since = @since, last_report_at = @last_report_at, last_report_id = @last_report_id, expected_every_seconds = @expected
        WHERE bot_name = @bot_name AND mode = @mode AND silent = 0 AND NOT EXISTS (
          SELECT 1 FROM changes CROSS JOIN bot_status
          WHERE seq > @seq AND table_name = 'bot_status' AND bot_status.id = row_id
            AND bot_status.bot_name = @bot_name AND coalesce(lower(bot_status.mode), '') IN (@mode, ''))
        """);

    /// <summary>Only by another report than the last one before the silence.</summary>
    private static readonly Sql ComeBack = new("""
        UPDATE bot_presence SET silent = 0, since = @since, last_report_at = @last_report_at, last_report_id = @last_report_id, expected_every_seconds = @expected
        WHERE bot_name = @bot_name AND mode = @mode AND silent = 1
          AND (last_report_id IS NULL OR last_report_id < @last_report_id OR (last_report_id = @last_report_id AND last_report_at <> @last_report_at))
        """);

    private static readonly Sql Leave = new("DELETE FROM bot_presence WHERE bot_name = @bot_name AND mode = @mode AND silent = 0");

    public static ValueTask<List<BotPresence>> ListAsync(Session session) => session.Prepare(List).ListAsync(Read);

    public static ValueTask<BotPresence?> FindAsync(Session session, long id) => session.Prepare(Find).Set("id", id).FirstAsync(Read);

    public static ValueTask<BotPresence?> FindAsync(Session session, string botName, string mode) =>
        session.Prepare(FindOf).Set("bot_name", botName).Set("mode", mode).FirstAsync(Read);

    /// <summary>Returns how many bots are silent, each mode counted.</summary>
    public static ValueTask<long> CountSilentAsync(Session session) => session.Prepare(CountSilent).FirstAsync(static row => row.Whole(0) ?? 0);

    /// <summary>Notes that a bot reports, if that was not known.</summary>
    public static ValueTask<int> BeginAsync(Session session, Heartbeat beat, DateTimeOffset now) => Bind(session.Prepare(Begin), beat, now).ExecuteAsync();

    /// <summary>Notes that a bot has fallen silent.</summary>
    /// <param name="session">The transaction.</param>
    /// <param name="beat">Its last report.</param>
    /// <param name="position">Up to where the log of changes was read.</param>
    /// <param name="now">The time.</param>
    /// <returns>1 if this is new; 0 if it was known, or if the bot has just reported.</returns>
    public static ValueTask<int> FallSilentAsync(Session session, Heartbeat beat, long position, DateTimeOffset now) =>
        Bind(session.Prepare(FallSilent), beat, now).Set("seq", position).ExecuteAsync();

    /// <summary>Notes that a silent bot reports again.</summary>
    /// <returns>1 if this is new; else 0.</returns>
    public static ValueTask<int> ComeBackAsync(Session session, Heartbeat beat, DateTimeOffset now) => Bind(session.Prepare(ComeBack), beat, now).ExecuteAsync();

    /// <summary>Forgets a mode that the bot has left.</summary>
    public static ValueTask<int> LeaveAsync(Session session, Heartbeat beat) =>
        session.Prepare(Leave).Set("bot_name", beat.BotName).Set("mode", beat.Mode).ExecuteAsync();

    private static Statement Bind(Statement statement, Heartbeat beat, DateTimeOffset now) => statement
        .Set("bot_name", beat.BotName).Set("mode", beat.Mode).Set("since", (DateTimeOffset?)now).Set("last_report_at", beat.ReportedAt)
        .Set("last_report_id", (long?)beat.ReportId).Set("expected", beat.Own);

    private static BotPresence Read(Row row) => new(
        row.Id(0), row.Text(1) ?? "", row.Text(2) is { Length: > 0 } mode ? mode : null, row.Whole(3) == 1, row.Time(4), row.Time(5), row.Whole(6), row.Whole(7));
}

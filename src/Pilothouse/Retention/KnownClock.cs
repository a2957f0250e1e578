using Pilothouse.Monitoring;
using Pilothouse.Storage;

namespace Pilothouse.Retention;

/// <summary>
/// The last time that the database knows (maintenance_runs, task "clock"), and a doubt about the clock (task "clock-ahead").
/// </summary>
internal static class KnownClock
{
    private const string Noted = "clock";
    private const string Ahead = "clock-ahead";

    /// <summary>A longer gap than this is doubted. A server may be off for a weekend.</summary>
    public static readonly TimeSpan LongestGap = TimeSpan.FromDays(2);

    private static readonly Sql LastNoted = new("SELECT finished_at FROM maintenance_runs WHERE task <> 'clock-ahead' AND finished_at <= @now ORDER BY finished_at DESC LIMIT 1");
    private static readonly Sql Forget = new("DELETE FROM maintenance_runs WHERE task = 'clock-ahead'");
    private static readonly Sql LastMigration = new("SELECT applied_at FROM schema_migrations WHERE applied_at <= @now ORDER BY applied_at DESC LIMIT 1");

    private static readonly Sql[] NewestRows =
    [
        .. new[] { "signals", "trades", "bot_status", "market_context", "chart_analyses", "cost_analytics" }
            .Select(static table => new Sql($"SELECT time_of(timestamp) FROM {table} WHERE time_key(timestamp) <= @now ORDER BY time_key(timestamp) DESC LIMIT 1")),
    ];

    /// <summary>
    /// Finds out whether the clock is in doubt when a server starts. The stored time counts. The times of rows count only if no server has
    /// stored a time yet, because bots write rows with the same clock as soon as the machine is up.
    /// </summary>
    /// <returns>The doubt, and whether it is stored in the database already.</returns>
    public static async ValueTask<(ClockDoubt? Doubt, bool IsNoted)> FindAsync(Session session, DateTimeOffset now)
    {
        var known = await LastAsync(session, LastNoted, now) ?? await NewestRowAsync(session, now);
        return known is { } last && now - last > LongestGap
            ? (ClockDoubt.Of(now, last), false)
            : (await FindNotedAsync(session, now), true);
    }

    /// <summary>
    /// Does the same for a command that deletes rows. Here a row of the last days is enough, because commands store no time, and a command
    /// that runs once a week must not be refused each time.
    /// </summary>
    public static async ValueTask<ClockDoubt?> FindForCommandAsync(Session session, DateTimeOffset now)
    {
        if (await FindNotedAsync(session, now) is { } noted)
        {
            return noted;
        }

        DateTimeOffset?[] known = [await LastAsync(session, LastNoted, now), await LastAsync(session, LastMigration, now), await NewestRowAsync(session, now)];
        return known.Max() is { } last && now - last > LongestGap ? ClockDoubt.Of(now, last) : null;
    }

    /// <summary>Stores the time, and a new doubt.</summary>
    /// <returns>The doubt that holds now; null if there is none.</returns>
    public static async ValueTask<ClockDoubt?> NoteAsync(Session session, DateTimeOffset now, ClockDoubt? fresh)
    {
        if (fresh is not null)
        {
            await MaintenanceStore.RecordAsync(session, Ahead, new(fresh.SeenAt, false, fresh.Message));
        }

        await MaintenanceStore.RecordAsync(session, Noted, new(now, true, "The server ran."));
        return await FindNotedAsync(session, now);
    }

    /// <summary>Removes the doubt, because a user has said that the clock is right.</summary>
    public static async ValueTask<int> BelieveAsync(Session session, DateTimeOffset now)
    {
        await MaintenanceStore.RecordAsync(session, Noted, new(now, true, "Somebody said that the clock is right."));
        return await session.Prepare(Forget).ExecuteAsync();
    }

    private static async ValueTask<ClockDoubt?> FindNotedAsync(Session session, DateTimeOffset now) =>
        await MaintenanceStore.FindAsync(session, Ahead) is { } run && new ClockDoubt(run.FinishedAt, run.Message) is var doubt && doubt.Holds(now) ? doubt : null;

    private static async ValueTask<DateTimeOffset?> NewestRowAsync(Session session, DateTimeOffset now)
    {
        DateTimeOffset? newest = null;
        foreach (var sql in NewestRows)
        {
            newest = await LastAsync(session, sql, now) is { } time && !(newest >= time) ? time : newest;
        }

        return newest;
    }

    private static ValueTask<DateTimeOffset?> LastAsync(Session session, Sql sql, DateTimeOffset now) =>
        session.Prepare(sql).Set("now", Timestamps.ToStored(now)).FirstAsync(static row => row.Time(0));
}

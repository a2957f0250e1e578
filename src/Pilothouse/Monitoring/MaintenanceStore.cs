using Pilothouse.Storage;

namespace Pilothouse.Monitoring;

/// <summary>The result of the last run of a task.</summary>
internal sealed record PastRun(DateTimeOffset FinishedAt, bool Good, string Message);

/// <summary>The table <c>maintenance_runs</c>, which keeps results over a restart.</summary>
internal static class MaintenanceStore
{
    public const string Nightly = "nightly";
    public const string Integrity = "integrity";

    /// <summary>The last scheduled backup, where several servers share the database.</summary>
    public const string Backup = "backup";

    private static readonly Sql Find = new("SELECT finished_at, good, message FROM maintenance_runs WHERE task = @task");

    private static readonly Sql Upsert = new("""
        INSERT INTO maintenance_runs(task, finished_at, good, message) VALUES (@task, @finished_at, @good, @message)
        ON CONFLICT (task) DO UPDATE SET finished_at = excluded.finished_at, good = excluded.good, message = excluded.message
        """);

    public static ValueTask<PastRun?> FindAsync(Session session, string task) =>
        session.Prepare(Find).Set("task", task).FirstAsync(static row => new PastRun(row.Time(0) ?? default, row.Id(1) == 1, row.Text(2) ?? ""));

    /// <summary>Returns when the nightly work last ended; null if it never has. What it deletes is not in the log of changes.</summary>
    public static async ValueTask<DateTimeOffset?> CleanedAtAsync(Session session) => (await FindAsync(session, Nightly))?.FinishedAt;

    public static ValueTask<int> RecordAsync(Session session, string task, PastRun run) =>
        session.Prepare(Upsert).Set("task", task).Set("finished_at", (DateTimeOffset?)run.FinishedAt).Set("good", run.Good ? 1L : 0L).Set("message", run.Message).ChangeAsync();

    /// <summary>
    /// Returns the damage that the last check found, or null. A damaged database should not be changed before it is restored. A file of an
    /// older version may not have the table yet.
    /// </summary>
    public static async ValueTask<string?> KnownDamageAsync(Session session) => session is FileSession file && !file.HasTable("maintenance_runs")
        ? null
        : await FindAsync(session, Integrity) is { Good: false } run ? run.Message : null;
}

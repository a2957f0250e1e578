using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Serialization;
using Pilothouse.Configuration;
using Pilothouse.Contract;
using Pilothouse.Operations;
using Pilothouse.Storage;

namespace Pilothouse.Retention;

/// <summary>The result of a cleanup in one table.</summary>
/// <param name="Table">The table.</param>
/// <param name="Days">Its retention in days; 0 keeps rows for ever.</param>
/// <param name="Rows">How many rows were deleted, or would be in a dry run.</param>
/// <param name="Kept">How many rows are old enough but stay because they are needed.</param>
internal sealed record CleanedTable(string Table, int Days, long Rows, long Kept)
{
    /// <summary>Returns a line for a log: "12 rows deleted: signals 10, bot_status 2".</summary>
    public static string Summary(IReadOnlyList<CleanedTable> tables) => string.Create(CultureInfo.InvariantCulture, $"{tables.Sum(static table => table.Rows)} rows deleted: {ByTable(tables)}");

    /// <summary>Returns the counts by table: "signals 10, bot_status 2".</summary>
    public static string ByTable(IReadOnlyList<CleanedTable> tables) =>
        string.Join(", ", tables.Where(static table => table.Rows > 0).Select(static table => string.Create(CultureInfo.InvariantCulture, $"{table.Table} {table.Rows}")).DefaultIfEmpty("nothing"));

    /// <summary>Returns the cleanup for the audit log: how many rows were deleted, by table.</summary>
    public static Changed ChangeOf(IReadOnlyList<CleanedTable> tables) => new("tables", null, null, _ => new(JsonText.Of(
        tables.Where(static table => table.Rows > 0).ToDictionary(static table => table.Table, static table => table.Rows), CleanedJson.Default.DictionaryStringInt64)));
}

[JsonSerializable(typeof(Dictionary<string, long>))]
internal sealed partial class CleanedJson : JsonSerializerContext;

/// <summary>
/// Deletes the rows that retention allows to delete, in small transactions with pauses between them, so that other writes wait only
/// milliseconds. It may be ended at any moment: the next run deletes the rest.
/// </summary>
internal sealed class Cleanup(Database database, RetentionSettings settings, TimeProvider clock)
{
    private static readonly TimeSpan BetweenCheckpoints = TimeSpan.FromMilliseconds(500);
    private long checkpointedAt = Stopwatch.GetTimestamp();

    private const int PageOfRows = 2000;

    /// <summary>How often to retry if another program holds the write lock; each try waits five seconds.</summary>
    private const int MostTries = 12;

    /// <summary>Called with the number of rows deleted so far, all tables together.</summary>
    public Action<long>? Progress { get; init; }

    /// <summary>Cleans up all tables.</summary>
    /// <param name="dryRun">Counts exactly the rows that a run would delete now, and deletes none.</param>
    /// <param name="cancel">Ends the cleanup between two transactions.</param>
    /// <exception cref="DatabaseBusyException">Another program has held the write lock for a minute.</exception>
    public async Task<IReadOnlyList<CleanedTable>> RunAsync(bool dryRun, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var pace = new Pace();
        var tables = new List<CleanedTable>();
        foreach (var rule in RetentionRules.All)
        {
            var days = rule.Days(settings);
            var (gone, kept) = days == 0 ? default : await CleanAsync(rule, now.AddDays(-days), now, dryRun, pace, tables.Sum(static table => table.Rows), cancel);
            tables.Add(new(rule.Table, days, gone, kept));
        }

        return tables;
    }

    private async Task<(long Gone, long Kept)> CleanAsync(RetentionRule rule, DateTimeOffset before, DateTimeOffset now, bool dryRun, Pace pace, long already, CancellationToken cancel)
    {
        var (gone, kept) = (0L, 0L);
        OldRowPosition? position = null;
        do
        {
            var rows = new List<OldRow>();
            var from = position;
            position = await database.ReadAsync(session => rule.ReadAsync(session, from, before, now, PageOfRows, rows), cancel);
            kept += rows.RemoveAll(static row => row.Stays);
            var (deleted, held) = dryRun ? (rows.Count, 0) : await DeleteAsync(rule, rows, pace, cancel);
            gone += deleted;
            kept += held;
            Progress?.Invoke(already + gone);
        }
        while (position is not null);
        return (gone, kept);
    }

    private async Task<(long Gone, long Held)> DeleteAsync(RetentionRule rule, List<OldRow> rows, Pace pace, CancellationToken cancel)
    {
        var (gone, held) = (0L, 0L);
        var alone = false;
        for (var (done, tries) = (0, 1); done < rows.Count;)
        {
            cancel.ThrowIfCancellationRequested();
            var first = done;
            var most = alone ? 1 : pace.Rows;
            var started = Stopwatch.GetTimestamp();
            try
            {
                var (seen, deleted) = await database.WriteAsync(
                    session => ChangeLog.WithoutAsync(session, "retention", () => DeleteSomeAsync(session, rule, rows, first, most)), cancel);
                done += seen;
                gone += deleted;
                tries = 1;
                alone = false;
            }
            catch (Exception error) when (error is RowKeptAwayException or EngineException { IsBrokenRule: true })
            {
                // A table or trigger of another program refuses to let one of these rows go. Delete row by row until it is found; that row
                // stays.
                (done, held) = most == 1 ? (done + 1, held + 1) : (done, held);
                alone = most > 1;
            }
            catch (DatabaseBusyException) when (tries++ < MostTries)
            {
                // Nothing was deleted. Try the same rows again.
            }

            await CheckpointAsync(cancel);

            // The machine's own time is used, because tests may stop the server's clock.
            await Task.Delay(pace.Note(Stopwatch.GetElapsedTime(started)), TimeProvider.System, cancel);
        }

        return (gone, held);
    }

    private async Task CheckpointAsync(CancellationToken cancel)
    {
        if (Stopwatch.GetElapsedTime(checkpointedAt) > BetweenCheckpoints)
        {
            await database.Upkeep.ShortenLogAsync(cancel);
            checkpointedAt = Stopwatch.GetTimestamp();
        }
    }

    private static async ValueTask<(int Seen, int Deleted)> DeleteSomeAsync(Session session, RetentionRule rule, List<OldRow> rows, int first, int most)
    {
        var started = Stopwatch.GetTimestamp();
        var (seen, deleted) = (0, 0);
        while (seen < most && first + seen < rows.Count && (seen == 0 || !Pace.IsEnough(started)))
        {
            deleted += await rule.DeleteAsync(session, rows[first + seen]);
            seen++;
        }

        return (seen, deleted);
    }
}

using System.CommandLine;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Pilothouse.Configuration;
using Pilothouse.Monitoring;
using Pilothouse.Operations;
using Pilothouse.Retention;
using Pilothouse.Storage;

namespace Pilothouse.Cli;

/// <summary>
/// The command <c>pilothouse cleanup</c>: deletes the rows that retention allows to delete, whether a server runs or not.
/// </summary>
internal static class CleanupCommand
{
    /// <summary>A vacuum is suggested if at least this fraction of the file, and at least so many bytes, are free.</summary>
    private const int WorthAPart = 4;
    private const long WorthBytes = 1 << 20;

    public static Command Create()
    {
        var dryRun = new Option<bool>("--dry-run") { Description = "Only count; delete nothing." };
        var clockIsRight = new Option<bool>("--clock-is-right") { Description = "Delete although the clock is days ahead of the last time that the database knows." };
        var command = new Command("cleanup", "Delete rows that are older than the *_RETENTION_DAYS settings say. A running server goes on meanwhile.") { dryRun, clockIsRight };
        command.SetAction((parsed, cancel) => parsed.GetValue(dryRun)
            ? Shell.WithSettingsAsync(settings => RunAsync(settings, null, parsed.GetValue(clockIsRight), cancel))
            : Shell.ChangingAsync("cleanup", (settings, log) => RunAsync(settings, log, parsed.GetValue(clockIsRight), cancel)));
        return command;
    }

    /// <param name="log">The log of commands; null for a dry run.</param>
    private static async Task<int> RunAsync(Settings settings, CommandLog? log, bool clockIsRight, CancellationToken cancel)
    {
        var dryRun = log is null;
        if (!Shell.HasDatabase(settings))
        {
            return Shell.Failed;
        }

        var place = DatabaseEngine.PlaceOf(settings);
        if (DatabaseEngine.MissingMigrations(settings).Count > 0)
        {
            Shell.Say($"{place} does not have this version's schema yet. Run `pilothouse migrate` first; it makes a copy of a file before it changes anything.");
            return Shell.Failed;
        }

        if (!dryRun && await DatabaseEngine.LookAsync(settings, MaintenanceStore.KnownDamageAsync) is { } damage)
        {
            throw new DatabaseRefusedException($"{place} is known to be damaged ({damage}). Nothing is deleted from it. Stop the server and restore a backup with `pilothouse backup restore` (docs/operations.md, Damaged database).");
        }

        IReadOnlyList<CleanedTable>? cleaned = null;
        await using (var database = DatabaseEngine.OpenForCommand(settings, NullLoggerFactory.Instance))
        {
            await CheckClockAsync(database, dryRun, clockIsRight, cancel);
            var deleted = 0L;
            try
            {
                var cleanup = new Cleanup(database, settings.Retention, TimeProvider.System) { Progress = rows => deleted = rows };
                var tables = await cleanup.RunAsync(dryRun, cancel);
                Print(tables, dryRun);
                log?.Done(CleanedTable.Summary(tables));
                cleaned = !dryRun && tables.Any(static table => table.Rows > 0) ? tables : null;
            }
            catch (Exception) when (!dryRun)
            {
                Shell.Say(string.Create(CultureInfo.InvariantCulture, $"It stopped after {deleted:N0} rows; these rows are deleted. Run it again to delete the rest."));
                throw;
            }
        }

        if (cleaned is { } done)
        {
            await CommandDatabase.RecordAsync(settings, AuditedWork.Cleanup, CleanedTable.ChangeOf(done));
        }

        if (DatabaseEngine.IsFile(settings))
        {
            TellOfVacuum(settings.DatabasePath);
        }

        return Shell.Good;
    }

    /// <summary>
    /// Refuses to delete if the clock may be wrong, because all rows would look old. Only the owner can tell, with --clock-is-right.
    /// </summary>
    private static async Task CheckClockAsync(Database database, bool dryRun, bool clockIsRight, CancellationToken cancel)
    {
        var now = TimeProvider.System.GetUtcNow();
        if (await database.ReadAsync(session => KnownClock.FindForCommandAsync(session, now), cancel) is not { } doubt)
        {
            return;
        }

        if (dryRun)
        {
            Shell.Say($"Note: {doubt.Message}");
        }
        else if (clockIsRight)
        {
            await database.WriteAsync(session => KnownClock.BelieveAsync(session, now), cancel);
        }
        else
        {
            throw new DatabaseRefusedException(string.Create(CultureInfo.InvariantCulture, $"Nothing was deleted. This machine's clock says {now:yyyy-MM-dd HH:mm} UTC. {doubt.Message}"));
        }
    }

    /// <summary>Prints the table without the table library, which would cut figures in a pipe to fit a terminal.</summary>
    private static void Print(IReadOnlyList<CleanedTable> tables, bool dryRun)
    {
        Line("table", "kept for", dryRun ? "would go" : "deleted", "old but needed");
        foreach (var table in tables)
        {
            var days = table.Days == 0 ? "ever" : string.Create(CultureInfo.InvariantCulture, $"{table.Days} days");
            Line(table.Table, days, Number(table.Rows), Number(table.Kept));
        }

        Line("total", "", Number(tables.Sum(static table => table.Rows)), Number(tables.Sum(static table => table.Kept)));
    }

    private static void Line(string table, string days, string rows, string kept) => Shell.Print($"{table,-16}{days,11}{rows,14}{kept,16}");

    private static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    private static void TellOfVacuum(string path)
    {
        var use = DatabaseEngine.Use(path);
        if (use.FreeBytes >= WorthBytes && use.FreeBytes >= use.Bytes / WorthAPart)
        {
            Shell.Print($"{Sizes.Text(use.FreeBytes)} of the file's {Sizes.Text(use.Bytes)} are free. New rows use them; to give them back to the disk, stop the server and run `pilothouse vacuum`.");
        }
    }
}

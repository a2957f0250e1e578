using System.Globalization;
using Pilothouse.Backups;
using Pilothouse.Configuration;
using Pilothouse.Contract;
using Pilothouse.Import;
using Pilothouse.Operations;
using Pilothouse.Retention;
using Pilothouse.Storage;

namespace Pilothouse.Cli;

/// <summary>Runs one import or its dry run, shows its progress, and prints its report.</summary>
internal static class ImportRun
{
    /// <param name="settings">The settings.</param>
    /// <param name="source">What is imported.</param>
    /// <param name="storing">Where it is stored, and the log of commands; null for a dry run.</param>
    /// <param name="json">Whether the report is for programs.</param>
    /// <param name="cancel">Ends the import after the transaction that runs.</param>
    public static async Task<int> RunAsync(Settings settings, ImportSource source, (Database Database, CommandLog Log)? storing, bool json, CancellationToken cancel)
    {
        if (storing is var (database, log))
        {
            var report = await ImportAsync(settings, database, source, dryRun: false, cancel);
            Print(source, report, dryRun: false, json, settings);
            log.Done($"{source.Kind}: {Told(report, dryRun: false)}");
            return Shell.Good;
        }

        if (!Shell.HasDatabase(settings))
        {
            return Shell.Failed;
        }

        if (DatabaseEngine.MissingMigrations(settings).Count > 0)
        {
            Shell.Say($"{DatabaseEngine.PlaceOf(settings)} does not have this version's schema yet. Run `pilothouse migrate` first; it makes a copy of a file before it changes anything.");
            return Shell.Failed;
        }

        using var loggers = LoggerFactory.Create(static _ => { });
        await using var looked = DatabaseEngine.OpenForCommand(settings, loggers);
        Print(source, await ImportAsync(settings, looked, source, dryRun: true, cancel), dryRun: true, json, settings);
        return Shell.Good;
    }

    private static async Task<ImportReport> ImportAsync(Settings settings, Database database, ImportSource source, bool dryRun, CancellationToken cancel)
    {
        var report = new ImportReport();
        var audit = new AuditLog(new AuditKey(settings.JwtSecret.Length > 0 ? settings.JwtSecret : "none"), TimeProvider.System);
        var importer = new Importer(database, new RecordTargets(TimeProvider.System), audit, TimeProvider.System);
        try
        {
            await TerminalProgress.RunAsync(async progress =>
            {
                progress.Begin(dryRun ? "Reading" : "Importing", known: true);
                await importer.RunAsync(source, dryRun, report, progress.Report, cancel);
            });
            return report;
        }
        catch (Exception) when (!dryRun && report.Changes > 0)
        {
            Shell.Say(string.Create(CultureInfo.InvariantCulture, $"It stopped after {report.Changes:N0} records; these are stored. Run it again to import the rest."));
            throw;
        }
    }

    private static void Print(ImportSource source, ImportReport report, bool dryRun, bool json, Settings settings)
    {
        string[] notes = [.. source.Notes, .. Retained(report, settings)];
        if (json)
        {
            Shell.Print(PrintableText.Json(JsonText.Of(
                new ImportAnswer(dryRun, source.Kind, source.Name, source.Path, [.. source.Understood], report.Tables, [.. report.LeftOut], notes), ImportJson.Default.ImportAnswer)));
            return;
        }

        foreach (var sentence in source.Understood)
        {
            Shell.Print(sentence);
        }

        Line("table", dryRun ? "would store" : "stored", dryRun ? "would change" : "changed", "as before", "left out");
        foreach (var table in report.Tables)
        {
            Line(table.Table, Number(table.Stored), Number(table.Updated), Number(table.Unchanged), Number(table.LeftOut));
        }

        foreach (var kind in report.LeftOut)
        {
            var more = kind.Rows > kind.First.Count ? " and others" : "";
            Shell.Print($"Left out: {Number(kind.Rows)} of {kind.Table}. {PrintableText.Of(kind.Reason)}. ({string.Join(", ", kind.First.Select(PrintableText.Of))}{more})");
        }

        Array.ForEach(notes, Shell.Print);
        Shell.Print(Told(report, dryRun));
    }

    private static string Told(ImportReport report, bool dryRun)
    {
        var (stored, updated) = (report.Tables.Sum(static table => table.Stored), report.Tables.Sum(static table => table.Updated));
        var (same, leftOut) = (report.Tables.Sum(static table => table.Unchanged), report.Tables.Sum(static table => table.LeftOut));
        return dryRun
            ? $"{Number(stored)} records would be stored and {Number(updated)} changed; {Number(same)} are as before, and {Number(leftOut)} rows would be left out. Nothing was changed."
            : $"{Number(stored)} records were stored and {Number(updated)} changed; {Number(same)} are as before, and {Number(leftOut)} rows were left out.";
    }

    /// <summary>Says which of the stored records the nightly cleanup may delete.</summary>
    private static IEnumerable<string> Retained(ImportReport report, Settings settings) => RetentionRules.All
        .Select(rule => (rule.Table, Days: rule.Days(settings.Retention)))
        .Where(rule => rule.Days > 0 && report.Tables.Any(table => table.Table == rule.Table && table.Stored > 0))
        .Select(static rule => string.Create(CultureInfo.InvariantCulture,
            $"Rows of {rule.Table} are kept {rule.Days} days: the nightly cleanup deletes older ones, also those that are imported, unless {rule.Table.ToUpperInvariant()}_RETENTION_DAYS says more."));

    private static void Line(string table, string stored, string updated, string same, string leftOut) =>
        Shell.Print($"{table,-18}{stored,14}{updated,14}{same,14}{leftOut,12}");

    private static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);
}

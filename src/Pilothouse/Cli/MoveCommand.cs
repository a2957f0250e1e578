using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Pilothouse.Backups;
using Pilothouse.Storage.Move;

namespace Pilothouse.Cli;

/// <summary>
/// The command <c>pilothouse move</c>: moves a whole database from one engine to the other. The database that is moved is not changed, and
/// the other gets everything or nothing.
/// </summary>
internal static class MoveCommand
{
    public static Command Create()
    {
        var from = Needed("--from", "The file or the URL of the database that is moved. It is not changed.");
        var to = Needed("--to", "The URL or the file that receives it. It must have no rows.");
        var dryRun = new Option<bool>("--dry-run") { Description = "Only read: say what would be moved and what would be set aside." };
        var command = new Command("move", DatabaseMove.Description) { from, to, dryRun };
        command.Validators.Add(parsed =>
        {
            try
            {
                if (parsed.GetValue(from) is { } first && parsed.GetValue(to) is { } second)
                {
                    DatabaseMove.Between(first, second);
                }
            }
            catch (FormatException error)
            {
                parsed.AddError(error.Message);
            }
        });
        command.SetAction((parsed, cancel) =>
        {
            var move = DatabaseMove.Between(parsed.GetValue(from)!, parsed.GetValue(to)!);
            return parsed.GetValue(dryRun)
                ? Shell.WithSettingsAsync(_ => Task.FromResult(Run(move, null, cancel)))
                : Shell.ChangingAsync("move", (_, log) => Task.FromResult(Run(move, log, cancel)));
        });
        return command;
    }

    private static Option<string> Needed(string name, string description) => new(name) { Description = description, Required = true };

    /// <param name="move">The move.</param>
    /// <param name="log">The log of commands; null for a dry run.</param>
    /// <param name="cancel">Cancels the move.</param>
    private static int Run(DatabaseMove move, CommandLog? log, CancellationToken cancel)
    {
        var dryRun = log is null;
        var started = Stopwatch.GetTimestamp();
        var report = TerminalProgress.Run(progress => move.Run(dryRun, TimeProvider.System, new Progress(progress), cancel));
        Print(report, dryRun);
        var told = dryRun
            ? $"{Number(report.Moved)} rows would be moved and {Number(report.SetAside)} set aside. Nothing was changed."
            : $"{Number(report.Moved)} rows were moved and {Number(report.SetAside)} set aside in {Seconds(started)} s. "
                + "Every table has the same checksum on both sides.";
        Shell.Print(told);
        if (report.SetAsideFile is { } file)
        {
            Shell.Print($"The rows that were set aside are in {file}, with the reason of each. They are in the old database as well.");
        }

        log?.Done(told);
        return Shell.Good;
    }

    private static void Print(MoveReport report, bool dryRun)
    {
        Line("table", dryRun ? "would move" : "moved", "set aside", "checksum");
        foreach (var table in report.Tables)
        {
            Line(table.Table, Number(table.Moved), Number(table.SetAside.Values.Sum()), table.Checksum[..16]);
        }

        Line("total", Number(report.Moved), Number(report.SetAside), "");
        foreach (var table in report.Tables)
        {
            foreach (var (reason, rows) in table.SetAside)
            {
                Shell.Print($"Set aside: {Number(rows)} of {table.Table}. {reason}.");
            }
        }

        foreach (var note in report.Notes)
        {
            Shell.Print(note);
        }
    }

    private static void Line(string table, string moved, string setAside, string checksum) =>
        Shell.Print($"{table,-24}{moved,14}{setAside,12}  {checksum}".TrimEnd());

    private static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    private static string Seconds(long started) =>
        Stopwatch.GetElapsedTime(started).TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture);

    /// <summary>Shows the progress of the move as bars.</summary>
    private sealed class Progress(IBackupProgress bars) : IMoveProgress
    {
        public void Begin(string step) => bars.Begin(step, known: true);

        public void Report(double part) => bars.Report(part);
    }
}

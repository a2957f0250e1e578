using System.CommandLine;
using System.Globalization;
using Pilothouse.Checklist;
using Pilothouse.Configuration;
using Pilothouse.Contract;
using Pilothouse.Monitoring;
using Pilothouse.Storage;
using Pilothouse.Storage.Files;
using Spectre.Console;

namespace Pilothouse.Cli;

/// <summary>
/// The command <c>pilothouse check</c>: the checklist before trading with real money. It changes nothing, and works before the first start.
/// </summary>
internal static class CheckCommand
{
    public static Command Create()
    {
        var json = new Option<bool>("--json") { Description = "For programs: one JSON object." };
        var command = new Command("check", "The production checklist: settings, secrets, HTTPS, backups, rights, disk, clock. Exit code 1 where a line is red.") { json };
        command.SetAction(async (parsed, cancel) =>
        {
            var report = await LookAsync(cancel);
            if (parsed.GetValue(json))
            {
                Shell.Print(JsonText.Of(report, ReportJson.Default.Report));
            }
            else
            {
                Show(report);
            }

            return report.Ok ? Shell.Good : Shell.Failed;
        });
        return command;
    }

    private static async Task<Report> LookAsync(CancellationToken cancel)
    {
        try
        {
            var settings = Shell.ReadSettings();
            var serving = DatabaseEngine.FindServer(settings);
            return await Report.LookAsync(settings, await Surroundings.LookAsync(TimeProvider.System), serving is null ? null : await AskAsync(serving, settings, cancel), Limits(serving), TimeProvider.System);
        }
        catch (SettingsException wrong)
        {
            return Report.OfWrongSettings(wrong);
        }
    }

    private static async Task<AskedServer> AskAsync(ServingProcess serving, Settings settings, CancellationToken cancel)
    {
        using var running = new RunningServer(serving, settings);
        var ready = await running.ReadyAsync(cancel);
        var (_, problem) = await running.ScrapeAsync(cancel);
        var checks = (ready?.Checks ?? []).Select(static check => new Condition(check.Name, check.State switch { "ok" => ConditionState.Ok, "warning" => ConditionState.Warning, _ => ConditionState.Failed }, check.Message));
        return new AskedServer(serving.ProcessId, ready?.Status, [.. checks], problem);
    }

    /// <summary>Returns the limits of the server's process, or of this process if this user may not see those of the server.</summary>
    private static string Limits(ServingProcess? serving)
    {
        foreach (var process in new[] { serving?.ProcessId.ToString(CultureInfo.InvariantCulture), "self" })
        {
            try
            {
                if (process is not null && OperatingSystem.IsLinux())
                {
                    return File.ReadAllText($"/proc/{process}/limits");
                }
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // The process has ended, or belongs to another user.
            }
        }

        return "";
    }

    /// <summary>
    /// Prints the report: wrapped to the width of a terminal; in a pipe one line per sentence, so that it can be searched.
    /// </summary>
    private static void Show(Report report)
    {
        var width = report.Findings.Max(static finding => finding.Name.Length);
        var table = new Grid().AddColumn(new GridColumn().NoWrap().PadRight(2)).AddColumn(new GridColumn().NoWrap().PadRight(2)).AddColumn(new GridColumn().PadRight(0));
        foreach (var finding in report.Findings)
        {
            var (word, colour) = finding.Light switch { Light.Green => ("green", Color.Green), Light.Yellow => ("yellow", Color.Yellow), _ => ("RED", Color.Red) };
            if (Console.IsOutputRedirected)
            {
                Shell.Print($"{word,-6}  {finding.Name.PadRight(width)}  {finding.Found}{(finding.ToDo is { } next ? $" -> {next}" : "")}");
                continue;
            }

            table.AddRow(new Text(word, colour), new Text(finding.Name), new Text(PrintableText.Of(finding.Found)));
            if (finding.ToDo is { } todo)
            {
                table.AddRow(Text.Empty, Text.Empty, new Text($"-> {todo}", new Style(decoration: Decoration.Bold)));
            }
        }

        if (!Console.IsOutputRedirected)
        {
            AnsiConsole.Write(table);
        }

        Shell.Print("");
        Shell.Print(string.Create(CultureInfo.InvariantCulture, $"{report.Green} green, {report.Yellow} yellow, {report.Red} red.{(report.Ok ? "" : " Red lines must go before real money is traded.")}"));
    }
}

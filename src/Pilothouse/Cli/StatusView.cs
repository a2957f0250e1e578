using System.Globalization;
using Pilothouse.Contract;
using Pilothouse.Monitoring;
using Pilothouse.Storage;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Pilothouse.Cli;

/// <summary>
/// Shows a <see cref="StatusReport"/> to people: in 80 columns, with colours on a terminal only. Long lines are wrapped, never cut.
/// </summary>
internal static class StatusView
{
    /// <summary>The most bots that are shown, the newest first. --json has all of them.</summary>
    private const int MostBots = 20;

    public static void Print(StatusReport report)
    {
        Print(Lines(report));
        if (report.Bots.Count > 0)
        {
            Shell.Print("");
            PrintBots(report.Bots);
        }

        Shell.Print("");
        if (report.Findings.All(static finding => finding.Level == StatusFinding.Note))
        {
            Print(new Markup("[green]All is well.[/]\n"));
        }

        foreach (var finding in report.Findings)
        {
            Print(Columns().AddRow(State(finding.Level, finding.Level), new Text(PrintableText.Of(finding.Message))));
        }
    }

    /// <summary>
    /// Prints a part. In a pipe each sentence stays on one line, so that it can be searched, and lines are not padded with spaces.
    /// </summary>
    private static void Print(IRenderable part)
    {
        if (!Console.IsOutputRedirected)
        {
            AnsiConsole.Write(part);
            return;
        }

        using var text = new StringWriter();
        var page = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors, Out = new AnsiConsoleOutput(text) });
        page.Profile.Width = 500;
        page.Write(part);
        foreach (var line in text.ToString().TrimEnd('\n').Split('\n'))
        {
            Shell.Print(line.TrimEnd());
        }
    }

    private static Grid Lines(StatusReport report)
    {
        var lines = Columns();
        void Line(string name, params string?[] parts) => lines.AddRow(new Text(name), new Text(string.Join(", ", parts.Where(static part => part is not null))));
        lines.AddRow(new Text("Server"), report.Server is { } server ? new Text($"runs on {server.Address}, process {server.ProcessId.ToString(CultureInfo.InvariantCulture)}") : State(StatusFinding.Failed, "does not run"));
        if (report.Server is { } on)
        {
            Line("", on.Version is null ? null : $"version {on.Version}", on.EngineVersion is null ? null : $"{DatabaseEngine.Name} {on.EngineVersion}", on.UptimeSeconds is { } up ? $"up {Spans.Short(up)}" : null, on.MemoryBytes is { } memory ? $"{Sizes.Text((long)memory)} in memory" : null);
        }

        if (report.Health is { } health)
        {
            lines.AddRow(new Text("Health"), State(health.Status == "healthy" ? "ok" : health.Status == "degraded" ? StatusFinding.Warning : StatusFinding.Failed, health.Status ?? "no answer"));
            foreach (var check in health.Checks)
            {
                lines.AddRow(State(check.State, "  " + check.Name), new Text(PrintableText.Of($"{check.State}: {check.Message}")));
            }
        }

        if (report.Requests is { } requests)
        {
            Line("Requests", $"{Number(requests.Total)} since the start", $"{Number(requests.ClientErrors)} refused (4xx)", $"{Number(requests.ServerErrors)} failed (5xx)");
            Line("", $"{Number(requests.RateLimited)} over a limit", $"{Number(requests.WithoutCredential)} without a credential");
            if (requests.P50Ms is not null)
            {
                Line("Latency", $"half of /api within {Latency(requests.P50Ms)}", $"95 % within {Latency(requests.P95Ms)}", $"99 % within {Latency(requests.P99Ms)}");
            }
        }

        if (report.Logins is { } logins)
        {
            Line("Logins", $"{Number(logins.Right)} right", $"{Number(logins.Wrong)} wrong", $"{Number(logins.Refused)} refused");
        }

        var storage = report.Storage;
        Line("Database", storage.Database);
        Line("", storage.DatabaseBytes is { } bytes ? Sizes.Text(bytes) : "size unknown", storage.WalBytes is { } wal ? $"write-ahead log {Sizes.Text(wal)}" : null);
        if (storage.DiskFreeBytes is { } free)
        {
            Line("Disk", $"{Sizes.Text(free)} of {Sizes.Text(storage.DiskBytes ?? 0)} free");
        }

        if (storage.WriteQueue is not null)
        {
            Line("Writes", $"{Number(storage.Writes)} in {Number(storage.Commits)} commits", $"{Number(storage.WriteQueue)} waiting (at most {Number(storage.WriteQueueLimit)})");
        }

        if (report.Rows is { } rows)
        {
            Line("Rows", $"{Number(rows.Signals)} signals", $"{Number(rows.OpenTrades)} open and {Number(rows.ClosedTrades)} closed trades", $"{Number(rows.BotReports)} bot reports");
        }

        var backups = report.Backups;
        Line("Backup", backups.LastSuccessAt is { } made ? $"last good one {made.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)} UTC, {Spans.Short(backups.AgeSeconds ?? 0)} ago" : "no good one", backups.LastSizeBytes is { } size ? Sizes.Text(size) : null,
            $"{backups.Count.ToString(CultureInfo.InvariantCulture)} in the folder");
        return lines;
    }

    private static void PrintBots(IReadOnlyList<BotPart> bots)
    {
        Shell.PrintTable(["bot", "status", "last report"], bots.Take(MostBots).Select(static bot => new[]
        {
            PrintableText.Of(bot.Name),
            (StatusFindings.IsSilent(bot) ? $"silent (said {bot.Status ?? "unknown"})" : bot.Status ?? "unknown") + (bot.Asked is null ? "" : $", asked: {bot.Asked}"),
            bot.AgeSeconds is { } age ? $"{Spans.Short(age)} ago" : "at no readable time",
        }));
        if (bots.Count > MostBots)
        {
            Shell.Print(string.Create(CultureInfo.InvariantCulture, $"and {bots.Count - MostBots} more: --json has them all"));
        }
    }

    private static Grid Columns() => new Grid().AddColumn(new GridColumn().NoWrap().Width(17)).AddColumn();

    private static Text State(string state, string text) => new Text(text, state switch
    {
        "ok" => new Style(Color.Green),
        StatusFinding.Warning => new Style(Color.Yellow),
        StatusFinding.Failed => new Style(Color.Red),
        _ => Style.Plain,
    });

    private static string Number(double? number) => number?.ToString("#,0", CultureInfo.InvariantCulture) ?? "?";

    private static string Latency(double? milliseconds) => milliseconds is { } ms ? string.Create(CultureInfo.InvariantCulture, $"{ms:0.###} ms") : "(more than 10 s)";
}

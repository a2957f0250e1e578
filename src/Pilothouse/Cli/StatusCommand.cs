using System.CommandLine;
using Pilothouse.Backups;
using Pilothouse.Configuration;
using Pilothouse.Contract;
using Pilothouse.Storage;

namespace Pilothouse.Cli;

/// <summary>The command <c>pilothouse status</c>: shows the state of the server, its database and its bots. It changes nothing.</summary>
internal static class StatusCommand
{
    public static Command Create()
    {
        var json = new Option<bool>("--json") { Description = "For programs: one JSON object." };
        var command = new Command("status", "How the server, its database and its bots are; exit code 1 where something is wrong.") { json };
        command.SetAction((parsed, cancel) => Shell.WithSettingsAsync(async settings =>
        {
            var report = await LookAsync(settings, TimeProvider.System, cancel);
            if (parsed.GetValue(json))
            {
                Shell.Print(JsonText.Of(report, StatusJson.Default.StatusReport));
            }
            else
            {
                StatusView.Print(report);
            }

            return report.Ok ? Shell.Good : Shell.Failed;
        }));
        return command;
    }

    private static async Task<StatusReport> LookAsync(Settings settings, TimeProvider clock, CancellationToken cancel)
    {
        var findings = new List<StatusFinding>();
        var owner = DatabaseEngine.FindServer(settings);
        ServerPart? server = null;
        HealthPart? health = null;
        Scrape? figures = null;
        if (owner is null)
        {
            findings.Add(new(StatusFinding.Failed, "No server runs on this database. Start it with ./start_mcp_server.sh start, or as a service."));
        }
        else
        {
            using var running = new RunningServer(owner, settings);
            var ready = await running.ReadyAsync(cancel);
            (figures, var problem) = await running.ScrapeAsync(cancel);
            health = new HealthPart(ready?.Status, ready?.Checks ?? []);
            server = new ServerPart(running.Address, owner.ProcessId, ready?.Version ?? figures?.Label("pilothouse_build_info", "version"), DatabaseEngine.IsFile(settings) ? figures?.Label("pilothouse_build_info", "sqlite") : null,
                figures?.Sum("pilothouse_uptime_seconds"), figures?.Sum("dotnet_process_memory_working_set_bytes"));
            findings.AddRange(StatusFindings.OfServer(ready, problem));
        }

        var files = await StatusFiles.LookAsync(settings, clock);
        var storage = files.Storage with
        {
            WriteQueue = figures?.Sum("pilothouse_db_write_queue_length"),
            WriteQueueLimit = figures?.Sum("pilothouse_db_write_queue_limit"),
            Writes = figures?.Sum("pilothouse_db_writes_total", static sample => sample.Labels.GetValueOrDefault("result") == "stored"),
            Commits = figures is null ? null : figures.Sum("pilothouse_db_commit_duration_seconds_count") ?? 0,
            FailedTransactions = figures?.Sum("pilothouse_db_failed_transactions_total"),
        };
        var (requests, logins) = figures is null ? default : (RequestsOf(figures), LoginsOf(figures));
        findings.AddRange(StatusFindings.OfFigures(storage, requests, logins, health));

        // A running server reports its backups itself, and without a database there is nothing to back up.
        var backups = owner is null && files.Storage.DatabaseBytes > 0 ? BackupHealth.Look(settings, clock) : null;
        findings.AddRange(StatusFindings.OfFiles(files, backups));
        findings = [.. findings.OrderBy(static finding => finding.Urgency)];
        return new StatusReport(
            findings.TrueForAll(static finding => finding.Level != StatusFinding.Failed), owner is not null, server, health, requests, logins, storage, files.Rows, files.Bots, files.Backups, findings);
    }

    private static RequestPart RequestsOf(Scrape figures)
    {
        double? WithStatus(char first) => figures.Sum("pilothouse_http_requests_total", sample => sample.Labels.GetValueOrDefault("status") is { Length: > 0 } status && status[0] == first) ?? 0;
        double? Refused(string code) => figures.Sum("pilothouse_http_refusals_total", sample => sample.Labels.GetValueOrDefault("code") == code);
        static bool IsApi(Sample sample) => sample.Labels.GetValueOrDefault("route")?.StartsWith("/api", StringComparison.Ordinal) == true;
        double? Milliseconds(double part) => figures.Quantile("pilothouse_http_request_duration_seconds", part, IsApi) is { } seconds && double.IsFinite(seconds) ? seconds * 1000 : null;
        return new RequestPart(figures.Sum("pilothouse_http_requests_total") ?? 0, WithStatus('4'), WithStatus('5'), Refused("rate-limited"), Refused("authentication-required"),
            Milliseconds(0.5), Milliseconds(0.95), Milliseconds(0.99));
    }

    private static LoginPart LoginsOf(Scrape figures)
    {
        double? Ended(string result) => figures.Sum("pilothouse_logins_total", sample => sample.Labels.GetValueOrDefault("result") == result);
        return new LoginPart(Ended("right"), Ended("wrong"), Ended("refused"));
    }
}

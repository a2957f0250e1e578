using System.Globalization;
using Pilothouse.Monitoring;

namespace Pilothouse.Cli;

/// <summary>What is to be looked at, each with what to do. The rules are in docs/monitoring.md.</summary>
internal static class StatusFindings
{
    private const long BigLog = LogWatch.Long;

    public static IEnumerable<Finding> OfServer(ReadyAnswer? ready, string? problem)
    {
        if (problem is not null)
        {
            yield return new(Finding.Failed, problem);
        }

        if (ready?.Status == "unhealthy")
        {
            yield return new(Finding.Failed, "The database does not answer the server; its error log says why (./start_mcp_server.sh errors).");
        }

        foreach (var check in (ready?.Checks ?? []).Where(static check => check.State != "ok"))
        {
            yield return new(check.State == "failed" ? Finding.Failed : Finding.Warning, $"{check.Name}: {check.Message}");
        }
    }

    public static IEnumerable<Finding> OfFigures(StoragePart storage, RequestPart? requests, LoginPart? logins, HealthPart? health)
    {
        if (storage.WriteQueue > storage.WriteQueueLimit / 2)
        {
            yield return new(Finding.Warning, Text($"{storage.WriteQueue} of {storage.WriteQueueLimit} places in the write queue are taken: the disk is slow, or another program holds the file (lsof names it)."));
        }

        if (requests?.ServerErrors > 0)
        {
            yield return new(Finding.Warning, Text($"{requests.ServerErrors} requests failed (status 5xx) since the start: ./start_mcp_server.sh errors shows them."));
        }

        if (logins?.Wrong >= 5)
        {
            yield return new(Finding.Warning, Text($"{logins.Wrong} logins with a wrong PIN since the start: the log has their addresses (grep 'wrong PIN')."));
        }

        // What the server watches itself, its own word stands for.
        if (storage.WalBytes > BigLog && !IsWatched(health, LogWatch.Name))
        {
            yield return new(Finding.Warning, Text($"The write-ahead log has {storage.WalBytes / 1024 / 1024} MB: a program reads for long and keeps it from being folded in (lsof names who has the file open)."));
        }

        if (!IsWatched(health, DiskWatch.Name) && storage.DiskFreeBytes < storage.DiskBytes / 20)
        {
            yield return new(storage.DiskFreeBytes < storage.DiskBytes / 100 ? Finding.Failed : Finding.Warning,
                Text($"The database's disk has {storage.DiskFreeBytes / 1024 / 1024} MB left: make room, or move the database."));
        }
    }

    private static bool IsWatched(HealthPart? health, string name) => health?.Checks.Any(check => check.Name == name) == true;

    public static IEnumerable<Finding> OfFiles(StatusFiles files, Condition? backups)
    {
        if (backups is { State: not ConditionState.Ok })
        {
            yield return new(backups.State == ConditionState.Failed ? Finding.Failed : Finding.Warning, $"backups: {backups.Message}");
        }
        else if (backups is not null && files.Rows is not null && files.Backups.LastGood is null)
        {
            yield return new(Finding.Warning, "There is no verified backup: `pilothouse backup` makes one.");
        }

        if (files.Problem is not null)
        {
            yield return new(Finding.Failed, files.Problem);
        }

        foreach (var bot in files.Bots.Where(static bot => bot.Status == "error"))
        {
            yield return new(Finding.Warning, $"The bot {Api.PrintableText.Of(bot.Name)} reported an error: GET /api/bot-status?bot_name={Uri.EscapeDataString(bot.Name)} has its message.");
        }
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

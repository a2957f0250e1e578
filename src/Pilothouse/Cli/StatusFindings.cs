using System.Globalization;
using Pilothouse.Contract;
using Pilothouse.Monitoring;

namespace Pilothouse.Cli;

/// <summary>Finds what needs attention, each with what to do. docs/monitoring.md has the rules.</summary>
internal static class StatusFindings
{
    private const long BigLog = LogWatch.Long;

    /// <summary>A stopped bot need not report. After a month, a note reminds the owner that its name is still here.</summary>
    private static readonly TimeSpan LongStopped = TimeSpan.FromDays(30);

    public static IEnumerable<StatusFinding> OfServer(ReadyAnswer? ready, string? problem)
    {
        if (problem is not null)
        {
            yield return new(StatusFinding.Failed, problem);
        }

        if (ready?.Status == "unhealthy")
        {
            yield return new(StatusFinding.Failed, "The database does not answer the server; its error log says why (./start_mcp_server.sh errors).");
        }

        foreach (var check in (ready?.Checks ?? []).Where(static check => check.State != "ok"))
        {
            yield return new(check.State == "failed" ? StatusFinding.Failed : StatusFinding.Warning, $"{check.Name}: {check.Message}");
        }
    }

    public static IEnumerable<StatusFinding> OfFigures(StoragePart storage, RequestPart? requests, LoginPart? logins, HealthPart? health)
    {
        if (storage.WriteQueue > storage.WriteQueueLimit / 2)
        {
            yield return new(StatusFinding.Warning, Text($"{storage.WriteQueue} of {storage.WriteQueueLimit} places in the write queue are taken: the disk is slow, or another program holds the file (lsof names it)."));
        }

        if (requests?.ServerErrors > 0)
        {
            yield return new(StatusFinding.Warning, Text($"{requests.ServerErrors} requests failed (status 5xx) since the start: ./start_mcp_server.sh errors shows them."));
        }

        if (logins?.Wrong >= 5)
        {
            yield return new(StatusFinding.Warning, Text($"{logins.Wrong} logins with a wrong PIN since the start: the log has their addresses (grep 'wrong PIN')."));
        }

        // A condition that a running server watches itself is not checked again here.
        if (storage.WalBytes is { } log && log > BigLog && !IsWatched(health, LogWatch.Name))
        {
            yield return new(StatusFinding.Warning, $"The write-ahead log has {Sizes.Text(log)}: a program reads for long and keeps it from being moved into the database file "
                + "(lsof names the programs that have the file open).");
        }

        if (!IsWatched(health, DiskWatch.Name) && storage.DiskFreeBytes is { } free && free < storage.DiskBytes / 20)
        {
            yield return new(free < storage.DiskBytes / 100 ? StatusFinding.Failed : StatusFinding.Warning,
                $"The database's disk has {Sizes.Text(free)} left: make room, or move the database.");
        }
    }

    private static bool IsWatched(HealthPart? health, string name) => health?.Checks.Any(check => check.Name == name) == true;

    public static IEnumerable<StatusFinding> OfFiles(StatusFiles files, Condition? backups)
    {
        if (backups is { State: not ConditionState.Ok })
        {
            yield return new(backups.State == ConditionState.Failed ? StatusFinding.Failed : StatusFinding.Warning, $"backups: {backups.Message}");
        }
        else if (backups is not null && files.Rows is not null && files.Backups.LastGood is null)
        {
            yield return new(StatusFinding.Warning, "There is no verified backup: `pilothouse backup` makes one.");
        }

        if (files.Problem is not null)
        {
            yield return new(StatusFinding.Failed, files.Problem);
        }

        foreach (var bot in files.Bots.Where(static bot => bot.Status == "error"))
        {
            yield return new(StatusFinding.Warning, $"The bot {PrintableText.Of(bot.Name)} reported an error: GET /api/bot-status?bot_name={Uri.EscapeDataString(bot.Name)} has its message.");
        }

        foreach (var bot in files.Bots.Where(IsSilent))
        {
            yield return Silence(bot);
        }

        foreach (var bot in files.Bots.Where(static bot => bot.EmergencyClose))
        {
            yield return new(StatusFinding.Warning, $"The bot {PrintableText.Of(bot.Name)} was asked to close everything, and has not said that it is done: see its trades, and GET /api/bots/{Uri.EscapeDataString(bot.Name)}/control.");
        }

        foreach (var bot in files.Bots.Where(static bot => bot is { Asked: not null, EmergencyClose: false } && bot.Status == "running"))
        {
            yield return new(StatusFinding.Note, $"The bot {PrintableText.Of(bot.Name)} was asked to be {bot.Asked}, and its newest report says running.");
        }
    }

    /// <summary>Whether the bot's last report is so old that it may no longer be true.</summary>
    public static bool IsSilent(BotPart bot) => bot.Silent || (bot.Status == "stopped" && bot.AgeSeconds > LongStopped.TotalSeconds);

    private static StatusFinding Silence(BotPart bot)
    {
        var since = $"The bot {PrintableText.Of(bot.Name)} has been silent for {Spans.Words(bot.AgeSeconds ?? 0)}";
        return bot.Status == "stopped"
            ? new(StatusFinding.Note, $"{since}, since it reported that it stopped. If it is not used any more, there is nothing to do.")
            : new(StatusFinding.Warning, Text($"{since}: its last report, of {bot.ReportedAt:yyyy-MM-dd HH:mm} UTC, says ")
                + $"{bot.Status ?? "nothing readable"}. See whether it still runs, and start it again or end it cleanly.");
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

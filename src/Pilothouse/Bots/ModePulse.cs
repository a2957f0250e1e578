using Pilothouse.Storage;

namespace Pilothouse.Bots;

/// <summary>The life of a bot in one mode.</summary>
/// <param name="Mode">The mode in lower case; empty if its reports name none.</param>
/// <param name="Report">Its newest report.</param>
/// <param name="At">The time of its newest report that counts in this mode; null if it cannot be read.</param>
/// <param name="Age">How long ago that was.</param>
/// <param name="ExpectedEvery">How often it reports in seconds: what it says itself, else the median of its last intervals.</param>
/// <param name="IsSilent">Whether it is silent.</param>
/// <param name="IsLeft">Whether the bot has changed to another mode.</param>
internal sealed record ModePulse(string BotName, string Mode, BotStatus Report, DateTimeOffset? At, TimeSpan? Age, double? ExpectedEvery, bool IsSilent, bool IsLeft)
{
    public string? Status => NewBotStatus.Statuses.Normal(Report.Status);

    /// <summary>Returns the pulse of each bot in each of its modes, the newest report of a bot first.</summary>
    /// <param name="session">A snapshot.</param>
    /// <param name="botName">The bot; null for all.</param>
    /// <param name="staleAfter">BOT_STALE_AFTER_SECONDS.</param>
    /// <param name="now">The time.</param>
    public static async ValueTask<List<List<ModePulse>>> ReadAsync(Session session, string? botName, TimeSpan staleAfter, DateTimeOffset now)
    {
        var newest = await PulseStore.ListNewestAsync(session);
        var silent = (await PresenceStore.ListAsync(session)).Where(static presence => presence.Silent).ToList();
        var bots = new List<List<ModePulse>>();
        foreach (var modes in newest.Where(report => botName is null || report.BotName == botName).GroupBy(static report => report.BotName, StringComparer.Ordinal))
        {
            bots.Add(await OfBotAsync(session, [.. modes], silent, staleAfter, now));
        }

        return bots;
    }

    private static async ValueTask<List<ModePulse>> OfBotAsync(Session session, List<ModeReport> modes, List<BotPresence> silent, TimeSpan staleAfter, DateTimeOffset now)
    {
        // A report that names no mode counts in every mode of the bot.
        var unnamed = modes.Find(static mode => mode.Mode.Length == 0);
        var named = modes.Where(static mode => mode.Mode.Length > 0).ToList();
        var pulses = new List<ModePulse>();
        foreach (var (bot, mode, report) in named.Count > 0 ? named : modes)
        {
            var at = unnamed is { Report.Timestamp: { } other } && !(report.Timestamp >= other) ? other : report.Timestamp;
            var intervals = await PulseStore.IntervalsAsync(session, bot, mode);
            var isLeft = at is { } last && named.Any(one => one.Report.Timestamp > last)
                && !await PulseStore.IsInOtherModeAsync(session, bot, mode, last - staleAfter, last);
            var age = now - at is { } passed ? (passed > TimeSpan.Zero ? passed : TimeSpan.Zero) : (TimeSpan?)null;

            // The watch sees a bot fall silent whose last report has a time that is still to come.
            var isSilent = age > Pulse.LongestQuiet(intervals.Own, intervals.MedianSeconds, staleAfter)
                || silent.Exists(one => one.BotName == bot && (one.Mode ?? "") == mode && one.LastReportId == report.Id);
            pulses.Add(new(bot, mode, report, at, age, intervals.Own ?? intervals.MedianSeconds,
                isSilent && !isLeft && NewBotStatus.Statuses.Normal(report.Status) != "stopped", isLeft));
        }

        return [.. pulses.OrderByDescending(static pulse => pulse.At ?? DateTimeOffset.MinValue).ThenByDescending(static pulse => pulse.Report.Id)];
    }
}

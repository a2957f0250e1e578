namespace Pilothouse.Bots;

/// <summary>The heartbeat of a bot in one mode, as the watch of silent bots keeps it in memory.</summary>
internal sealed class Heartbeat(string botName, string mode)
{
    public string BotName => botName;

    /// <summary>The mode in lower case; empty if its reports name none.</summary>
    public string Mode => mode;

    public long ReportId { get; private set; }

    public DateTimeOffset? ReportedAt { get; private set; }

    /// <summary>How often the bot says that it reports, in seconds; null if it has not said it.</summary>
    public long? Own { get; private set; }

    /// <summary>Whether its last report says that it has stopped. Then no further report is expected.</summary>
    public bool HasStopped { get; private set; }

    /// <summary>When it last gave a sign of life, on the clock that never jumps.</summary>
    public long Mark { get; private set; }

    /// <summary>Whether the database knows that it reports. A bot of which only old reports were imported is not watched.</summary>
    public bool IsWatched { get; set; }

    public bool IsSilent { get; set; }

    /// <summary>How long it may be quiet; null if that must be read from its last reports.</summary>
    public TimeSpan? LongestQuiet { get; set; }

    /// <summary>Takes a report.</summary>
    /// <param name="report">The report.</param>
    /// <param name="mark">When it came, on the clock that never jumps.</param>
    public void Take(ArrivedReport report, long mark)
    {
        (ReportId, ReportedAt, HasStopped) = (report.Id, report.At, report.Status == "stopped");
        Own = report.Own ?? Own;
        Mark = mark;
        LongestQuiet = null;
    }
}

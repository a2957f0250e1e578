using Pilothouse.Storage;

namespace Pilothouse.Bots;

/// <summary>A report of a bot in a mode: its first, its first one with a balance, or its last one with a balance.</summary>
internal readonly record struct FirstReport(long Id, DateTimeOffset At, decimal? Balance)
{
    /// <summary>Returns the earlier of the two; of two with the same time, the one that was stored first.</summary>
    public static FirstReport? Earlier(FirstReport? one, FirstReport? other) =>
        one is not { } a ? other : other is not { } b ? one : (a.At, a.Id).CompareTo((b.At, b.Id)) <= 0 ? one : other;

    /// <summary>Returns the later of the two; of two with the same time, the one that was stored last.</summary>
    public static FirstReport? Later(FirstReport? one, FirstReport? other) =>
        one is not { } a ? other : other is not { } b ? one : (a.At, a.Id).CompareTo((b.At, b.Id)) >= 0 ? one : other;
}

/// <summary>The first reports of a bot in one mode.</summary>
/// <param name="First">Its first report.</param>
/// <param name="Balance">Its first report with a balance that fits a decimal; null if there is none.</param>
/// <param name="Latest">Its last report with such a balance.</param>
internal readonly record struct ModeReports(FirstReport? First, FirstReport? Balance, FirstReport? Latest)
{
    public ModeReports With(ModeReports other) =>
        new(FirstReport.Earlier(First, other.First), FirstReport.Earlier(Balance, other.Balance), FirstReport.Later(Latest, other.Latest));
}

/// <summary>
/// Finds the first reports and the last balance of each bot in each mode. All reports are read once, and later only new ones: reports are added and hardly ever
/// changed. If a report that counts was changed or removed, all are read again. Thread-safe.
/// </summary>
internal sealed class BalanceReports : IDisposable
{
    private static readonly Sql After = new("SELECT id, time_of(timestamp), bot_name, lower(mode), balance FROM bot_status WHERE id > @id ORDER BY id");

    private static readonly Sql Before = new("""
        SELECT id, time_of(timestamp), bot_name, lower(mode), balance FROM bot_status
        WHERE bot_name = @bot_name AND balance IS NOT NULL AND (@any_mode = 1 OR coalesce(lower(mode), '') = @mode) AND time_key(timestamp) < @to
        ORDER BY time_key(timestamp) DESC, id DESC LIMIT 1
        """);

    private static readonly Sql Find = new("SELECT id, time_of(timestamp), bot_name, lower(mode), balance FROM bot_status WHERE id = @id");

    private readonly SemaphoreSlim gate = new(1);
    private readonly Dictionary<(string Bot, string Mode), ModeReports> known = [];
    private long last;

    /// <summary>
    /// Returns them by bot and mode, as the session sees them. The mode is in lower case, and empty if reports name none.
    /// </summary>
    public async ValueTask<Dictionary<(string Bot, string Mode), ModeReports>> ReadAsync(Session session)
    {
        await gate.WaitAsync();
        try
        {
            if (!await StillTrueAsync(session))
            {
                known.Clear();
                last = 0;
            }

            await session.Prepare(After).Set("id", last).EachAsync(row =>
            {
                last = Math.Max(last, row.Id(0));
                Add(Read(row));
            });
            return new(known);
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>Returns the last report with a balance up to a time, inclusive.</summary>
    /// <param name="mode">The mode in lower case; null for any.</param>
    public static async ValueTask<FirstReport?> LatestUntilAsync(Session session, string bot, string? mode, DateTimeOffset until) =>
        (await session.Prepare(Before).Set("bot_name", bot).Set("any_mode", mode is null ? 1L : 0L).Set("mode", mode ?? "")
            .SetKey("to", Timestamps.ToStoredAfter(until)).FirstAsync(Read)).Report;

    public void Dispose() => gate.Dispose();

    private void Add((string Bot, string Mode, FirstReport? Report) read)
    {
        // A report without a readable time does not tell when a bot began.
        if (read.Report is { } report)
        {
            var key = (read.Bot, read.Mode);
            FirstReport? balance = report.Balance is null ? null : report;
            known[key] = known.GetValueOrDefault(key).With(new(report, balance, balance));
        }
    }

    private async ValueTask<bool> StillTrueAsync(Session session)
    {
        foreach (var (key, reports) in known)
        {
            foreach (var report in new[] { reports.First, reports.Balance, reports.Latest })
            {
                if (report is { } noted && await session.Prepare(Find).Set("id", noted.Id).FirstAsync(Read) != (key.Bot, key.Mode, noted))
                {
                    return false;
                }
            }
        }

        return true;
    }

    private static (string Bot, string Mode, FirstReport? Report) Read(Row row) =>
        (row.Text(2) ?? "", row.Text(3) ?? "", row.Time(1) is { } at ? new FirstReport(row.Id(0), at, row.Money(4)) : null);
}

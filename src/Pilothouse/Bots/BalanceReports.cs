using Pilothouse.Storage;

namespace Pilothouse.Bots;

/// <summary>The first report of a bot in a mode, or the first one with a balance.</summary>
internal readonly record struct FirstReport(long Id, DateTimeOffset At, decimal? Balance)
{
    /// <summary>The earlier of the two; of the same moment the one that was stored first.</summary>
    public static FirstReport? Earlier(FirstReport? one, FirstReport? other) =>
        one is not { } a ? other : other is not { } b ? one : (a.At, a.Id).CompareTo((b.At, b.Id)) <= 0 ? one : other;
}

/// <summary>Where a bot began in one mode.</summary>
/// <param name="First">Its first report.</param>
/// <param name="Balance">Its first report with a balance that a decimal holds; null without one.</param>
internal readonly record struct ModeReports(FirstReport? First, FirstReport? Balance)
{
    public ModeReports With(ModeReports other) => new(FirstReport.Earlier(First, other.First), FirstReport.Earlier(Balance, other.Balance));
}

/// <summary>
/// Where each bot began in each mode, by its reports. All reports are read once, later only those that came since: reports are added
/// and hardly ever changed. Where a report that counts was changed or removed, all are read again. Safe for several readers at once.
/// </summary>
internal sealed class BalanceReports : IDisposable
{
    private static readonly Sql After = new("SELECT id, time_of(timestamp), bot_name, lower(mode), balance FROM bot_status WHERE id > @id ORDER BY id");

    private static readonly Sql Find = new("SELECT id, time_of(timestamp), bot_name, lower(mode), balance FROM bot_status WHERE id = @id");

    private readonly SemaphoreSlim gate = new(1);
    private readonly Dictionary<(string Bot, string Mode), ModeReports> known = [];
    private long last;

    /// <summary>By bot and mode, in lower case and empty where reports say none; as the session sees them.</summary>
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

    public void Dispose() => gate.Dispose();

    private void Add((string Bot, string Mode, FirstReport? Report) read)
    {
        // A report without a readable time says nothing of when a bot began.
        if (read.Report is { } report)
        {
            var key = (read.Bot, read.Mode);
            known[key] = known.GetValueOrDefault(key).With(new(report, report.Balance is null ? null : report));
        }
    }

    private async ValueTask<bool> StillTrueAsync(Session session)
    {
        foreach (var (key, reports) in known)
        {
            foreach (var report in new[] { reports.First, reports.Balance })
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

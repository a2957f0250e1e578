using Pilothouse.Monitoring;
using Pilothouse.Storage;
using Pilothouse.Trades;

namespace Pilothouse.Performance;

/// <summary>
/// Stores the figures of each UTC day, week and month when it has ended. Missed ones are made up, as far back as
/// <see cref="Period.Kinds"/> says and not before the first close. A row is put right for a week after its period ended, where trades came
/// late or were corrected; later it stays as it is. One server at a time does it, and what other features store of ended periods.
/// </summary>
internal sealed partial class PeriodKeeper(
    Database database, PerformanceLedger ledger, PerformanceReader reader, StartingBalances balances, IEnumerable<IPeriodWork> others,
    TimeProvider clock, ILogger<PeriodKeeper> logger) : SteadyService(logger)
{
    /// <summary>So long after the start other work of the start is done.</summary>
    public static readonly TimeSpan BeginsAfter = TimeSpan.FromMinutes(1);

    private const string Job = "performance-metrics";
    private static readonly TimeSpan PutRightFor = TimeSpan.FromDays(7);
    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromHours(1);

    /// <summary>Commits of the last moment of a period may take this long.</summary>
    private static readonly TimeSpan AfterTheTurn = TimeSpan.FromSeconds(5);

    private long? seen;

    /// <summary>Stores what is missing, and puts right what is not as it should be.</summary>
    /// <returns>How many rows were stored or changed.</returns>
    public async Task<int> RunAsync(CancellationToken cancel)
    {
        await using var job = await database.TryTakeJobAsync(Job, cancel);
        if (job is null)
        {
            return 0;
        }

        var now = clock.GetUtcNow();
        var (newest, due) = await database.SnapshotAsync(ReadKind.Own, async session => (await ChangeLog.NewestAsync(session), await DueAsync(session, now)), cancel);
        if (due.Count > 0)
        {
            // With the kept sums, each period is read without the trades before it.
            await ledger.AnswerAsync(PerformanceView.Report, cancel);
        }

        var changed = 0;
        foreach (var (period, stored) in due)
        {
            var made = PeriodFigures.Of(period, await database.SnapshotAsync(ReadKind.Known, session => ReportAsync(session, period, now), cancel));
            if (stored is null || stored with { Id = 0, Timestamp = made.Timestamp } != AsStored(made))
            {
                changed += await database.WriteAsync(session => PeriodStore.StoreAsync(session, made), cancel) ? 1 : 0;
            }
        }

        seen = newest;
        foreach (var other in others)
        {
            changed += await other.StoreAsync(now, PutRightFor, cancel);
        }

        return changed;
    }

    protected override async Task RunSteadilyAsync(CancellationToken stoppingToken)
    {
        await Task.Delay(BeginsAfter, clock, stoppingToken);
        while (true)
        {
            try
            {
                await RunAsync(stoppingToken);
            }
            catch (Exception error) when (!stoppingToken.IsCancellationRequested)
            {
                Failed(logger, error);
            }

            var now = clock.GetUtcNow();
            var turn = Period.Of("daily", now).End - now + AfterTheTurn;
            await Task.Delay(turn < LookAgainAfter ? turn : LookAgainAfter, clock, stoppingToken);
        }
    }

    /// <summary>Returns the ended periods without a row, and those whose row may have to be put right.</summary>
    private async ValueTask<List<(Period Period, PeriodFigures? Stored)>> DueAsync(Session session, DateTimeOffset now)
    {
        var due = new List<(Period, PeriodFigures?)>();
        var isUnchanged = seen is { } position && await ChangeLog.ReachesAsync(session, position) && (await ClosedTrades.ChangesAsync(session, position, 1)).Count == 0;
        foreach (var (name, most) in Period.Kinds)
        {
            var periods = new List<Period>();
            for (var period = Period.Of(name, now).Before(); periods.Count < most; period = period.Before())
            {
                periods.Add(period);
            }

            var oldest = periods[^1].Start;
            if (await PeriodStore.FirstCloseAsync(session, oldest) is not { } first)
            {
                continue;
            }

            var stored = (await PeriodStore.SinceAsync(session, name, oldest)).ToDictionary(static row => row.PeriodStart!.Value);
            foreach (var period in periods.Where(period => period.End > first).Reverse())
            {
                var row = stored.GetValueOrDefault(period.Start);
                if (row is null || (!isUnchanged && now - period.End < PutRightFor))
                {
                    due.Add((period, row));
                }
            }
        }

        return due;
    }

    private async ValueTask<PerformanceReport> ReportAsync(Session session, Period period, DateTimeOffset now)
    {
        // The window is inclusive, and times are stored to the microsecond.
        var filter = new ClosedTradeFilter(period.Start, To: period.End.AddTicks(-10));
        var source = await balances.FindAsync(session, null, null, null);
        var figures = await reader.FiguresAsync(session, filter, source, TimeZoneInfo.Utc, now, withSeries: false);
        return figures.ToReport(new PerformanceBasis(null, source.Source, TimeZoneInfo.Utc.Id, Ratios.DaysPerYear, period.Name, filter.From, filter.To), source.Book);
    }

    /// <summary>Returns the figures as they are read again: money is stored as a double in a file.</summary>
    private static PeriodFigures AsStored(PeriodFigures made) => made with
    {
        TotalPnl = Round(made.TotalPnl),
        AvgWin = Round(made.AvgWin),
        AvgLoss = Round(made.AvgLoss),
        MaxLoss = Round(made.MaxLoss),
        MaxDrawdown = Round(made.MaxDrawdown),
    };

    private static decimal? Round(decimal? amount) => amount is { } value ? Exact.ToDecimal(Exact.ToDouble(value)) : null;

    [LoggerMessage(Level = LogLevel.Error, Message = "The figures of ended days, weeks or months could not be stored; it is tried again within an hour")]
    private static partial void Failed(ILogger logger, Exception error);
}

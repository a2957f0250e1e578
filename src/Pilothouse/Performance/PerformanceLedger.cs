using Pilothouse.CashFlows;
using Pilothouse.Contract;
using Pilothouse.Storage;
using Pilothouse.Trades;

namespace Pilothouse.Performance;

/// <summary>
/// Keeps the figures of all trades up to date. It follows the log of changes, which triggers write whichever program closes a trade, and
/// adds only what is new. It reads all trades again only if a closed trade was changed, if a trade closed or money came or went before the
/// last close, or if reports change the equity of the past. A finished answer is kept until anything is committed.
/// </summary>
internal sealed partial class PerformanceLedger(
    Database database, KeptTape tapes, StartingBalances balances, MoneyUnits units, TimeProvider clock) : IChangeFollower, IDisposable
{
    private const int MostAtOnce = 10_000;
    private static readonly TimeSpan LookForPricesAfter = TimeSpan.FromMinutes(1);
    private readonly SemaphoreSlim gate = new(1);
    private readonly Dictionary<PerformanceView, Kept> answers = [];
    private readonly Dictionary<PerformanceView, TradeFold> folds = [];
    private UnexplainedBalance unexplained = new();
    private PerformanceFigures? figures;
    private EquitySource? source;
    private long position;
    private DateTimeOffset readAt;
    private long version;
    private volatile ClosedSums? sums;

    /// <summary>
    /// What had closed until any time, as it was when the ledger was last brought up to date; null if it cannot be told in a few reads.
    /// </summary>
    public ClosedSums? Sums => sums;

    /// <summary>Returns the answer as JSON. It contains everything that was committed before the call.</summary>
    public async ValueTask<KeptBytes> AnswerAsync(PerformanceView view, CancellationToken cancel)
    {
        var stamp = await database.StampAsync(cancel);
        lock (answers)
        {
            if (answers.TryGetValue(view, out var answer) && answer.Stamp == stamp)
            {
                return answer.Json;
            }
        }

        await gate.WaitAsync(cancel);
        try
        {
            // The stamp is taken before the read: a commit during the read makes the next caller read again.
            stamp = await database.StampAsync(cancel);
            Kept? old;
            lock (answers)
            {
                answers.Remove(view, out old);
            }

            if (old is null || old.Stamp != stamp)
            {
                version = await database.SnapshotAsync(ReadKind.Known, session => UpdateAsync(session, view), CancellationToken.None) ? version + 1 : version;
                old = new Kept(stamp, version, old?.Version == version ? old.Json : new KeptBytes(ToJson(view)));
            }

            lock (answers)
            {
                answers[view] = old;
            }

            return old.Json;
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>Follows the log of changes only after the first request for the figures.</summary>
    public async ValueTask<long?> CatchUpAsync(CancellationToken cancel)
    {
        if (figures is null)
        {
            return null;
        }

        await AnswerAsync(PerformanceView.Report, cancel);
        return position;
    }

    public void Dispose() => gate.Dispose();

    /// <summary>Brings the figures up to the snapshot that the session reads.</summary>
    /// <returns>Whether they have changed.</returns>
    private async ValueTask<bool> UpdateAsync(Session session, PerformanceView view)
    {
        var newest = await ChangeLog.NewestAsync(session);
        var now = await balances.FindAsync(session, null, null, null);
        var assets = new AssetCounts();
        bool changed;
        if (figures is { } current && !MayFindPrices(current) && await JoiningAsync(session, now, assets) is { } joining
            && await ClosedSinceAsync(session, now) is { } rows && await PriceAsync(session, current, now, joining, assets, rows))
        {
            var struck = (await ClosedTrades.OfChangedSignalsAsync(session, position)).Exists(id => !rows.Exists(row => row.Id == id));
            changed = now.Book?.NamesLike(source!.Book!) == false || joining.Count + rows.Count > 0;

            // Nothing below may throw: figures that contain only a part of the new trades would stay wrong.
            joining.ForEach(flow => current.Expect(flow.Flow, flow.Joins));
            current.MoveIn(assets);
            rows.ForEach(row => Add(current, now, row, newest));
            changed |= struck && ForgetStrategies();
            (source, position) = (now, newest);
            sums?.MoveTo(newest);
        }
        else
        {
            // There are no figures until the read is complete, so that an exception does not leave half of them.
            (figures, sums) = (null, null);
            folds.Clear();
            unexplained = new();
            ClosedSums? summed = null;
            var question = new WindowQuestion(new ClosedTradeFilter(), TimeZoneInfo.Utc, null, clock.GetUtcNow(), units, WithSeries: true);
            readAt = question.Now;
            var tape = await tapes.OfAsync(session);
            var all = await ClosedTradeReader.ReadAsync(new(session, tape), question, now, null, () =>
            {
                summed = new ClosedSums { BeganAt = newest };
                return row => summed.Add(row, newest);
            });
            summed!.MoveTo(newest);

            // Where times do not sort by their text, their place in the table cannot be told from a time.
            sums = all.IsSorted || tape is { WasSorted: true } || summed.AreTooMany ? null : summed;
            (figures, source, position, changed) = (all, now, newest, true);
        }

        sums = sums?.AreTooMany == true ? null : sums;
        figures.FlowUntil(clock.GetUtcNow());
        var open = figures.Conversion is not null ? null : await unexplained.ReadAsync(session, now, await EarlierCloses.OfAsync(session, sums), null);
        changed |= open != figures.Unexplained;
        figures.Unexplained = open;
        if (view.Kind is ViewKind.By or ViewKind.Distribution && !folds.ContainsKey(view))
        {
            folds[view] = await ClosedTradeReader.FoldAsync(
                new(session, await tapes.OfAsync(session, withPercentages: view.Kind == ViewKind.Distribution)),
                new WindowQuestion(new ClosedTradeFilter(), TimeZoneInfo.Utc, null, clock.GetUtcNow(), units), view);
        }

        return changed;
    }

    private void Add(PerformanceFigures current, EquitySource now, TradeClosing row, long newest)
    {
        TradeWindow.Add(current, now, row, current.Conversion);
        sums?.Add(row, newest);
        foreach (var (view, fold) in folds)
        {
            fold.TryAdd(row);
            if (fold.NeedsConversion)
            {
                folds.Remove(view);
            }
        }
    }

    /// <summary>Forgets what was split by strategies, because a trade that was counted is of another one now.</summary>
    /// <returns>Whether there was any.</returns>
    private bool ForgetStrategies()
    {
        var split = folds.Keys.Where(static view => view.By == TradeSplit.ByStrategy).ToList();
        split.ForEach(view => folds.Remove(view));
        return split.Count > 0;
    }

    private byte[] ToJson(PerformanceView view)
    {
        var basis = new PerformanceBasis(null, source!.Source, TimeZoneInfo.Utc.Id, Ratios.DaysPerYear, "all", null, null);
        return folds.TryGetValue(view, out var fold) ? fold.ToJson(basis) : PerformanceAnswers.ToJson(view, figures!, basis, source.Book);
    }

    private sealed record Kept(long Stamp, long Version, KeptBytes Json);
}

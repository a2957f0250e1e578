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
internal sealed class PerformanceLedger(Database database, StartingBalances balances, TimeProvider clock) : IChangeFollower, IDisposable
{
    private const int MostAtOnce = 10_000;
    private readonly SemaphoreSlim gate = new(1);
    private readonly Dictionary<PerformanceView, Kept> answers = [];
    private readonly Dictionary<PerformanceView, TradeFold> folds = [];
    private UnexplainedBalance unexplained = new();
    private PerformanceFigures? figures;
    private EquitySource? source;
    private long position;
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
        if (figures is { } current && await JoiningAsync(session, now, assets) is { } joining
            && await ClosedSinceAsync(session, now) is { } rows)
        {
            changed = now.Book?.NamesLike(source!.Book!) == false || joining.Count + rows.Count > 0;

            // Nothing below may throw: figures that contain only a part of the new trades would stay wrong.
            joining.ForEach(flow => current.Expect(flow.Flow, flow.Joins));
            current.MoveIn(assets);
            rows.ForEach(row => Add(current, now, row, newest));
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
            var question = new WindowQuestion(new ClosedTradeFilter(), TimeZoneInfo.Utc, null, clock.GetUtcNow(), WithSeries: true);
            var all = await ClosedTradeReader.ReadAsync(session, question, now, null, () =>
            {
                summed = new ClosedSums { BeganAt = newest };
                return row => summed.Add(row, newest);
            });
            summed!.MoveTo(newest);

            // Where times do not sort by their text, their place in the table cannot be told from a time.
            sums = all.IsSorted || summed.AreTooMany ? null : summed;
            (figures, source, position, changed) = (all, now, newest, true);
        }

        sums = sums?.AreTooMany == true ? null : sums;
        figures.FlowUntil(clock.GetUtcNow());
        var open = await unexplained.ReadAsync(session, now, await EarlierCloses.OfAsync(session, sums), null);
        changed |= open != figures.Unexplained;
        figures.Unexplained = open;
        if (TradeFold.For(view, TimeZoneInfo.Utc) is not null && !folds.ContainsKey(view))
        {
            folds[view] = await ClosedTradeReader.FoldAsync(session, new ClosedTradeFilter(), () => TradeFold.For(view, TimeZoneInfo.Utc)!, CancellationToken.None);
        }

        return changed;
    }

    private void Add(PerformanceFigures current, EquitySource now, TradeClosing row, long newest)
    {
        TradeWindow.Add(current, now, row);
        sums?.Add(row, newest);
        foreach (var fold in folds.Values)
        {
            fold.TryAdd(row);
        }
    }

    /// <summary>
    /// Returns the accounts that opened, and the deposits and withdrawals that were made, after the last close; null if the equity of the
    /// past has changed.
    /// </summary>
    /// <param name="assets">Receives the assets of the trades from which the opening equity of these accounts was computed.</param>
    private async ValueTask<List<(EquityFlow Flow, bool Joins)>?> JoiningAsync(Session session, EquitySource now, AssetCounts assets)
    {
        if (source!.Amount != now.Amount || source.Source != now.Source)
        {
            return null;
        }

        var joining = new List<(EquityFlow Flow, bool Joins)>();
        if (now.Book is not { } book)
        {
            return joining;
        }

        if (book.AddedTo(source.Book!) is not { } added || added.Any(account => IsPast(account.OpensAt)))
        {
            return null;
        }

        foreach (var account in added)
        {
            if ((await AccountHistory.OpeningAsync(session, now, account, null, isFirst: false, assets)).Value is not { } equity)
            {
                return null;
            }

            joining.Add((new(account.OpensAt, equity), true));
        }

        if (ReferenceEquals(source.Flows, now.Flows) && added.Count == 0)
        {
            return joining;
        }

        var known = source.FlowsOfAll().ToHashSet();
        var flows = now.FlowsOfAll().ToList();
        var fresh = flows.Where(flow => !known.Contains(flow)).ToList();

        // A flow from before the first report of its account changes what the account opened with.
        if (flows.Count - fresh.Count != known.Count
            || fresh.Any(flow => IsPast(flow.At) || (book.Find(flow.BotName, flow.Mode) is { } account && flow.At <= account.ReportedAt && !added.Contains(account))))
        {
            return null;
        }

        joining.AddRange(fresh.Select(static flow => (new EquityFlow(flow.At, flow.Amount, flow.Asset), false)));
        return joining;
    }

    /// <summary>Whether a time is not after what was added.</summary>
    private bool IsPast(DateTimeOffset time) => !(time > figures!.Last?.ClosedAt) || time < figures.FlowedUntil;

    /// <summary>Returns the trades that closed since then, in order; null if all trades must be read again.</summary>
    private async ValueTask<List<TradeClosing>?> ClosedSinceAsync(Session session, EquitySource now)
    {
        if (!await ChangeLog.ReachesAsync(session, position))
        {
            return null;
        }

        var changes = await ClosedTrades.ChangesAsync(session, position, MostAtOnce + 1);
        if (changes.Count > MostAtOnce || changes.Any(static change => change.WasClosed))
        {
            return null;
        }

        var rows = new List<TradeClosing>(changes.Count);
        foreach (var change in changes)
        {
            // A trade that closed before the first balance report of its account changes the account's opening equity.
            if (await ClosedTrades.FindAsync(session, change.RowId) is not { } row
                || ClosedTradeReader.Of(row).ClosedAt <= now.Find(row)?.ReportedAt || ClosedTradeReader.Of(row).ClosedAt < figures!.FlowedUntil)
            {
                return null;
            }

            rows.Add(row);
        }

        rows.Sort(static (a, b) =>
            (ClosedTradeReader.Of(a).ClosedAt, a.Id).CompareTo((ClosedTradeReader.Of(b).ClosedAt, b.Id)));
        return rows.Count > 0 && !figures!.CanAppend(ClosedTradeReader.Of(rows[0])) ? null : rows;
    }

    private byte[] ToJson(PerformanceView view)
    {
        var basis = new PerformanceBasis(null, source!.Source, TimeZoneInfo.Utc.Id, Ratios.DaysPerYear, "all", null, null);
        return folds.TryGetValue(view, out var fold) ? fold.ToJson(basis) : PerformanceAnswers.ToJson(view, figures!, basis, source.Book);
    }

    private sealed record Kept(long Stamp, long Version, KeptBytes Json);
}

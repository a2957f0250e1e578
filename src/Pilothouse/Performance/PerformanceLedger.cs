using Pilothouse.Contract;
using Pilothouse.Storage;
using Pilothouse.Trades;

namespace Pilothouse.Performance;

/// <summary>
/// Keeps the figures of all trades up to date. It follows the log of changes, which triggers write whichever program closes a trade, and
/// adds only what is new. It reads all trades again only if a closed trade was changed, if a trade closed before the last one, or if
/// reports change the equity of the past. The finished answer is kept until anything is committed.
/// </summary>
internal sealed class PerformanceLedger(Database database, StartingBalances balances) : IChangeFollower, IDisposable
{
    private const int MostAtOnce = 10_000;
    private readonly SemaphoreSlim gate = new(1);
    private PerformanceFigures? figures;
    private EquitySource? source;
    private long position;
    private volatile Kept? kept;

    /// <summary>Returns the answer as JSON. It contains everything that was committed before the call.</summary>
    public async ValueTask<KeptBytes> AnswerAsync(CancellationToken cancel)
    {
        var stamp = await database.StampAsync(cancel);
        if (kept is { } answer && answer.Stamp == stamp)
        {
            return answer.Json;
        }

        await gate.WaitAsync(cancel);
        try
        {
            // The stamp is taken before the read: a commit during the read makes the next caller read again.
            stamp = await database.StampAsync(cancel);
            if (kept is not { } fresh || fresh.Stamp != stamp)
            {
                var old = kept;
                kept = null;
                var changed = await database.SnapshotAsync(ReadKind.Known, UpdateAsync, CancellationToken.None);
                kept = fresh = new Kept(stamp, changed || old is null ? new KeptBytes(ToJson()) : old.Json);
            }

            return fresh.Json;
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

        await AnswerAsync(cancel);
        return position;
    }

    public void Dispose() => gate.Dispose();

    /// <summary>Brings the figures up to the snapshot that the session reads.</summary>
    /// <returns>Whether they have changed.</returns>
    private async ValueTask<bool> UpdateAsync(Session session)
    {
        var newest = await ChangeLog.NewestAsync(session);
        var now = await balances.FindAsync(session, null, null, null);
        var assets = new AssetCounts();
        if (figures is { } current && await JoiningAsync(session, now, assets) is { } openings
            && await ClosedSinceAsync(session, now) is { } rows)
        {
            var renamed = now.Book?.NamesLike(source!.Book!) == false;

            // Nothing below may throw: figures that contain only a part of the new trades would stay wrong.
            openings.ForEach(current.Expect);
            current.MoveIn(assets);
            rows.ForEach(row => TradeWindow.Add(current, now, row));
            (source, position) = (now, newest);
            return renamed || openings.Count + rows.Count > 0;
        }

        // There are no figures until the read is complete, so that an exception does not leave half of them.
        figures = null;
        var all = await ClosedTradeReader.ReadAsync(session, new ClosedTradeFilter(), now, TimeZoneInfo.Utc, null, CancellationToken.None);
        (figures, source, position) = (all, now, newest);
        return true;
    }

    /// <summary>Returns the accounts that opened after the last close; null if the equity of the past has changed.</summary>
    /// <param name="assets">Receives the assets of the trades from which their opening equity was computed.</param>
    private async ValueTask<List<AccountOpening>?> JoiningAsync(Session session, EquitySource now, AssetCounts assets)
    {
        if (source!.Amount != now.Amount || source.Source != now.Source)
        {
            return null;
        }

        var joining = new List<AccountOpening>();
        if (now.Book is not { } book)
        {
            return joining;
        }

        if (book.AddedTo(source.Book!) is not { } added || added.Any(account => !(account.OpensAt > figures!.Last?.ClosedAt)))
        {
            return null;
        }

        foreach (var account in added)
        {
            if ((await account.OpeningAsync(session, isFirst: false, assets)).Value is not { } equity)
            {
                return null;
            }

            joining.Add(new(account.OpensAt, equity));
        }

        return joining;
    }

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
                || ClosedTradeReader.Of(row).ClosedAt <= now.Find(row)?.ReportedAt)
            {
                return null;
            }

            rows.Add(row);
        }

        rows.Sort(static (a, b) =>
            (ClosedTradeReader.Of(a).ClosedAt, a.Id).CompareTo((ClosedTradeReader.Of(b).ClosedAt, b.Id)));
        return rows.Count > 0 && !figures!.CanAppend(ClosedTradeReader.Of(rows[0])) ? null : rows;
    }

    private byte[] ToJson()
    {
        var basis = new PerformanceBasis(null, source!.Source, TimeZoneInfo.Utc.Id, Ratios.DaysPerYear, "all", null, null);
        return JsonText.Utf8(new One<PerformanceReport>(true, figures!.ToReport(basis, source.Book)), PerformanceJson.Default.OnePerformanceReport);
    }

    private sealed record Kept(long Stamp, KeptBytes Json);
}

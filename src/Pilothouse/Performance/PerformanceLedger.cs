using Pilothouse.Contract;
using Pilothouse.Storage;
using Pilothouse.Trades;

namespace Pilothouse.Performance;

/// <summary>
/// The figures of all trades, kept up to date: it follows the log of changes (written by triggers, whoever closes a trade) and adds
/// what is new. Only a change of a trade that was closed before, a close that lies before the last one, or
/// reports that give the past another equity make it read all trades again. The finished answer is kept until anything is committed at all.
/// </summary>
internal sealed class PerformanceLedger(Database database, StartingBalances balances) : IChangeFollower, IDisposable
{
    private const int MostAtOnce = 10_000;
    private readonly SemaphoreSlim gate = new(1);
    private PerformanceFigures? figures;
    private EquitySource? source;
    private long position;
    private volatile Kept? kept;

    /// <summary>The answer as JSON, true of all that was committed before the call.</summary>
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
            // Taken before the reading: what is committed while we read makes the next caller look again.
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

    /// <summary>Follows only after somebody has asked for the figures.</summary>
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

    /// <summary>Brings the figures to the state that the session sees.</summary>
    /// <returns>Whether they are others now.</returns>
    private async ValueTask<bool> UpdateAsync(Session session)
    {
        var newest = await ChangeLog.NewestAsync(session);
        var now = await balances.FindAsync(session, null, null, null);
        var assets = new AssetCounts();
        if (figures is { } current && await JoiningAsync(session, now, assets) is { } openings
            && await ClosedSinceAsync(session, now) is { } rows)
        {
            var renamed = now.Book?.NamesLike(source!.Book!) == false;

            // Nothing here can fail: figures with one half of what is new would stay wrong.
            openings.ForEach(current.Expect);
            current.MoveIn(assets);
            rows.ForEach(row => TradeWindow.Add(current, now, row));
            (source, position) = (now, newest);
            return renamed || openings.Count + rows.Count > 0;
        }

        // Until the reading is done there are no figures: an exception on the way must not leave half of them.
        figures = null;
        var all = await ClosedTradeReader.ReadAsync(session, new ClosedTradeFilter(), now, TimeZoneInfo.Utc, null, CancellationToken.None);
        (figures, source, position) = (all, now, newest);
        return true;
    }

    /// <summary>The accounts that opened after the last close; null where the equity of the past is another now.</summary>
    /// <param name="assets">Takes up the assets of trades that their openings follow from.</param>
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

    /// <summary>The trades that closed since, in order; null where that is not enough and all must be read.</summary>
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
            // What closed before its account's first balance was reported changes what the account began with.
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

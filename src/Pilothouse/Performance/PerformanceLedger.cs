using Pilothouse.Api;
using Pilothouse.Storage;
using Pilothouse.Trades;

namespace Pilothouse.Performance;

/// <summary>
/// The figures of all trades, kept up to date: it follows the log of closed trades (trade_changes, written by triggers, whoever
/// closes a trade) and adds what is new. Only a change of a trade that was closed before, a close that lies before the last one, or
/// another starting balance makes it read all trades again. The finished answer is kept until anything is committed at all.
/// </summary>
internal sealed class PerformanceLedger(Database database, StartingBalances balances) : IDisposable
{
    private const int MostAtOnce = 10_000;
    private readonly SemaphoreSlim gate = new(1);
    private PerformanceFigures? figures;
    private StartingBalance balance;
    private long sequence;
    private volatile Kept? kept;

    /// <summary>The answer as JSON, true of all that was committed before the call.</summary>
    public async ValueTask<ReadOnlyMemory<byte>> AnswerAsync(CancellationToken cancel)
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
                kept = fresh = new Kept(stamp, changed || old is null ? ToJson() : old.Json);
            }

            return fresh.Json;
        }
        finally
        {
            gate.Release();
        }
    }

    public void Dispose() => gate.Dispose();

    /// <summary>Brings the figures to the state that the session sees.</summary>
    /// <returns>Whether they are others now.</returns>
    private async ValueTask<bool> UpdateAsync(Session session)
    {
        var now = await balances.FindAsync(session, null, null);
        if (figures is not null && now == balance && await FollowAsync(session) is { } changed)
        {
            return changed;
        }

        // Until the reading is done there are no figures: an exception on the way must not leave half of them.
        figures = null;
        var last = await ClosedTrades.LastChangeAsync(session);
        var all = await ClosedTradeReader.ReadAsync(session, new ClosedTradeFilter(), now.Amount, TimeZoneInfo.Utc, CancellationToken.None);
        (figures, balance, sequence) = (all, now, last);
        return true;
    }

    /// <summary>Adds the trades that closed since; null where that is not enough and all must be read.</summary>
    private async ValueTask<bool?> FollowAsync(Session session)
    {
        var changes = await ClosedTrades.ChangesAsync(session, sequence);
        if (changes is null || changes.Count > MostAtOnce || changes.Any(static change => !change.IsNew))
        {
            return null;
        }

        var trades = new List<ClosedTrade>(changes.Count);
        foreach (var change in changes)
        {
            if (await ClosedTrades.FindAsync(session, change.TradeId) is not { } row)
            {
                return null;
            }

            trades.Add(ClosedTradeReader.Of(row));
        }

        trades.Sort(static (a, b) => (a.ClosedAt, a.Id).CompareTo((b.ClosedAt, b.Id)));
        if (trades.Count > 0 && !figures!.CanAppend(trades[0]))
        {
            return null;
        }

        trades.ForEach(trade => figures!.Add(trade));
        sequence = changes.Count > 0 ? changes[^1].Sequence : sequence;
        return trades.Count > 0;
    }

    private byte[] ToJson()
    {
        var basis = new PerformanceBasis(balance.Amount, balance.Source, TimeZoneInfo.Utc.Id, Ratios.DaysPerYear, "all", null, null);
        return JsonText.Utf8(new One<PerformanceReport>(true, figures!.ToReport(basis)), PerformanceJson.Default.OnePerformanceReport);
    }

    private sealed record Kept(long Stamp, byte[] Json);
}

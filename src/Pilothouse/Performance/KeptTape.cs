using Pilothouse.Storage;
using Pilothouse.Trades;

namespace Pilothouse.Performance;

/// <summary>
/// Keeps all closed trades in memory as a <see cref="TradeTape"/>, so that a question with a filter need not read a million rows. It follows
/// the log of changes, which triggers write whichever program changes a trade. The tape goes when nobody has asked for an hour.
/// </summary>
internal sealed class KeptTape : IDisposable
{
    public static readonly TimeSpan UnusedFor = TimeSpan.FromHours(1);

    /// <summary>With more changes, reading all trades is faster.</summary>
    private const int MostChanges = 50_000;

    /// <summary>With more trades out of order, the text of times does not sort by time, and they are read from the database.</summary>
    private const int MostLate = 10_000;

    private readonly Database database;
    private readonly ITimer unused;
    private readonly SemaphoreSlim gate = new(1);
    private volatile TradeTape? tape;
    private bool isGivenUp;

    public KeptTape(Database database, TimeProvider clock)
    {
        this.database = database;
        unused = clock.CreateTimer(_ => tape = null, null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The bytes of the trades that are kept.</summary>
    public long Size => tape?.Size ?? 0;

    /// <summary>Reads all trades if there is no tape, so that a question that may not read for long finds one.</summary>
    /// <param name="withPercentages">Whether the tape needs the profits in percent.</param>
    public async ValueTask PrepareAsync(bool withPercentages, CancellationToken cancel)
    {
        unused.Change(UnusedFor, Timeout.InfiniteTimeSpan);
        if (!isGivenUp && (tape is not { } kept || (withPercentages && !kept.HasPercentages)))
        {
            await database.SnapshotAsync(ReadKind.Known, async session => await OfAsync(session, withPercentages), cancel);
        }
    }

    /// <summary>Returns a tape of exactly the trades that the snapshot of a session sees, for which all may be read.</summary>
    /// <returns>Null if there are too many.</returns>
    public ValueTask<TradeTape?> OfAsync(Session session, bool withPercentages = false)
    {
        unused.Change(UnusedFor, Timeout.InfiniteTimeSpan);
        return OfAsync(session, mayRead: true, withPercentages);
    }

    /// <summary>Returns the tape of the trades that the snapshot of a session sees; null if there is none yet.</summary>
    public ValueTask<TradeTape?> FindAsync(Session session) => OfAsync(session, mayRead: false, withPercentages: false);

    private async ValueTask<TradeTape?> OfAsync(Session session, bool mayRead, bool withPercentages)
    {
        await gate.WaitAsync();
        try
        {
            var newest = await ChangeLog.NewestAsync(session);
            var kept = tape;
            if (kept is not null && (kept.HasPercentages || !withPercentages) && await FollowAsync(session, kept, newest) is { } current)
            {
                return Keep(current);
            }

            return mayRead && !isGivenUp ? Keep(await ReadAsync(session, newest, withPercentages || kept is { HasPercentages: true })) : null;
        }
        finally
        {
            gate.Release();
        }
    }

    public void Dispose()
    {
        unused.Dispose();
        gate.Dispose();
    }

    private TradeTape? Keep(TradeTape? current)
    {
        isGivenUp = current is null or { IsTooLarge: true };
        return tape = isGivenUp ? null : current;
    }

    /// <summary>Returns the tape with what has changed since; null if that cannot be told.</summary>
    private static async ValueTask<TradeTape?> FollowAsync(Session session, TradeTape kept, long newest)
    {
        if (kept.Position == newest)
        {
            return kept;
        }

        if (!await ChangeLog.ReachesAsync(session, kept.Position))
        {
            return null;
        }

        var changes = await ClosedTrades.ChangesAsync(session, kept.Position, MostChanges);
        if (changes.Count == MostChanges)
        {
            return null;
        }

        var ids = changes.Select(static change => change.RowId).Concat(await ClosedTrades.OfChangedSignalsAsync(session, kept.Position)).ToHashSet();
        var rows = new List<TradeClosing>(ids.Count);
        foreach (var id in ids)
        {
            if (await ClosedTrades.FindAsync(session, id) is { } row)
            {
                rows.Add(row);
            }
        }

        return kept.With(ids, rows, newest);
    }

    private static async ValueTask<TradeTape?> ReadAsync(Session session, long newest, bool withPercentages)
    {
        var (words, blocks, late) = (new TapeWords(), new List<TapeBlock>(), new List<TradeClosing>());
        var (next, last) = (new List<TapedTrade>(TapeBlock.Most), ClosePlace.First);
        await ClosedTrades.EachAsync(session, new ClosedTradeFilter(), TradesBeside.OfAll, row =>
        {
            var trade = words.Of(row);
            if (trade.Place.CompareTo(last) <= 0)
            {
                late.Add(row);
                return;
            }

            last = trade.Place;
            next.Add(trade);
            if (next.Count == TapeBlock.Most)
            {
                blocks.Add(TapeBlock.Of([.. next]));
                next.Clear();
            }
        }, withPercentages ? TraitsRead.All : TraitsRead.ExitReason);
        if (next.Count > 0)
        {
            blocks.Add(TapeBlock.Of([.. next]));
        }

        var read = new TradeTape([.. blocks], words, newest, late.Count > 0, withPercentages);
        return late.Count == 0 ? read : late.Count > MostLate ? null : read.With(new HashSet<long>(), late, newest);
    }
}

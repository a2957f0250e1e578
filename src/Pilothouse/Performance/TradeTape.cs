using Pilothouse.Contract;
using Pilothouse.Trades;

namespace Pilothouse.Performance;

/// <summary>
/// All closed trades as they were at one position of the log of changes, in memory, in the order of their closes. It never changes: with
/// other trades it becomes another tape, which shares all blocks that are the same.
/// </summary>
internal sealed class TradeTape
{
    /// <summary>A tape that would take more is not kept. This is some four million trades.</summary>
    private const long MostBytes = 96 << 20;

    private readonly TapeBlock[] blocks;
    private readonly TapeWords words;
    private readonly TapeKind[] kinds;
    private readonly string?[] reasons;

    public TradeTape(TapeBlock[] blocks, TapeWords words, long position, bool wasSorted, bool hasPercentages)
    {
        (this.blocks, this.words, Position, WasSorted, HasPercentages) = (blocks, words, position, wasSorted, hasPercentages);
        (kinds, reasons) = words.Lists();
        HasReasons = words.HasReasons;
        Size = blocks.Sum(static block => (long)block.Size);
    }

    /// <summary>The position of the log of changes.</summary>
    public long Position { get; }

    /// <summary>Whether the text of times does not sort by time, so that the trades had to be sorted.</summary>
    public bool WasSorted { get; }

    /// <summary>Whether it has the exit reasons.</summary>
    public bool HasReasons { get; }

    /// <summary>Whether it has the profits in percent. They are half of the memory, and only a distribution needs them.</summary>
    public bool HasPercentages { get; }

    /// <summary>The bytes of the blocks.</summary>
    public long Size { get; }

    /// <summary>Whether it takes more memory than it is worth.</summary>
    public bool IsTooLarge => Size > MostBytes || words.AreTooMany;

    /// <summary>
    /// Passes on what <see cref="ClosedTrades.EachAsync"/> would: every closed trade that the filter selects, and those beside them, in the
    /// order of (closed at, id).
    /// </summary>
    public void Each(ClosedTradeFilter filter, TradesBeside beside, Action<TradeClosing> take, CancellationToken cancel)
    {
        var parts = Array.ConvertAll(kinds, kind => PartOf(kind, filter, beside));
        var (from, to) = (filter.From?.UtcTicks ?? long.MinValue, filter.To?.UtcTicks ?? long.MaxValue);
        for (var i = FirstFrom(new(filter.From ?? DateTimeOffset.MinValue, long.MinValue)); i < blocks.Length && blocks[i].First.ClosedAt.UtcTicks <= to; i++)
        {
            cancel.ThrowIfCancellationRequested();
            var reading = blocks[i].Read();
            while (reading.MoveNext())
            {
                var trade = reading.Current;
                if (parts[trade.Kind] != Part.Left && trade.ClosedAt >= from && trade.ClosedAt <= to)
                {
                    take(ToRow(trade, parts[trade.Kind] == Part.Selected));
                }
            }
        }
    }

    /// <summary>Returns the tape without some trades and with others, at another position.</summary>
    public TradeTape With(IReadOnlySet<long> removed, IEnumerable<TradeClosing> added, long position)
    {
        var changed = blocks.ToList();
        if (removed.Count > 0)
        {
            changed = [.. blocks.SelectMany(block => Without(block, removed))];
        }

        var sorted = added.Select(row => words.Of(row)).OrderBy(static trade => trade.Place).ToList();
        for (var (next, i) = (0, 0); next < sorted.Count; i++)
        {
            i = FirstFrom(changed, sorted[next].Place, i);
            var end = i >= changed.Count - 1 ? sorted.Count : sorted.FindIndex(next, trade => trade.Place.CompareTo(changed[i].Last) > 0);
            end = end < 0 ? sorted.Count : end;
            var pieces = Join(i < changed.Count ? changed[i].ToArray() : [], sorted[next..end]);
            changed.RemoveRange(i, i < changed.Count ? 1 : 0);
            changed.InsertRange(i, pieces);
            (next, i) = (end, i + pieces.Count - 1);
        }

        return new([.. changed], words, position, WasSorted, HasPercentages);
    }

    private static IEnumerable<TapeBlock> Without(TapeBlock block, IReadOnlySet<long> removed)
    {
        if (!removed.Any(id => id >= block.LeastId && id <= block.MostId))
        {
            return [block];
        }

        var left = Array.FindAll(block.ToArray(), trade => !removed.Contains(trade.Id));
        return left.Length == block.Count ? [block] : left.Length == 0 ? [] : [TapeBlock.Of(left)];
    }

    /// <summary>Puts trades among those of a block. A block that becomes too large is cut: behind its old end, or else into halves.</summary>
    private static List<TapeBlock> Join(TapedTrade[] old, List<TapedTrade> added)
    {
        TapedTrade[] all = [.. old, .. added];
        var isBehind = old.Length == 0 || old[^1].Place.CompareTo(added[0].Place) < 0;
        if (!isBehind)
        {
            Array.Sort(all, static (a, b) => a.Place.CompareTo(b.Place));
        }

        var most = isBehind || all.Length <= TapeBlock.Most ? TapeBlock.Most : TapeBlock.Most / 2;
        return [.. Enumerable.Range(0, (all.Length + most - 1) / most).Select(i => TapeBlock.Of(all.AsSpan(i * most, Math.Min(most, all.Length - (i * most)))))];
    }

    private int FirstFrom(ClosePlace place) => FirstFrom(blocks, place, 0);

    /// <summary>Returns the index of the first block that ends at a place or behind it; of the last block, or 0, if there is none.</summary>
    private static int FirstFrom(IReadOnlyList<TapeBlock> blocks, ClosePlace place, int low)
    {
        for (var high = blocks.Count - 1; low < high;)
        {
            var middle = (low + high) / 2;
            (low, high) = blocks[middle].Last.CompareTo(place) < 0 ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    private TradeClosing ToRow(in TapedTrade trade, bool fits)
    {
        ref readonly var kind = ref kinds[trade.Kind];
        return new(
            trade.Id, new DateTimeOffset(trade.OpenedAt, TimeSpan.Zero), new DateTimeOffset(trade.ClosedAt, TimeSpan.Zero), trade.Pnl, trade.Fees, kind.Asset,
            kind.Bot, kind.Mode, fits, kind.Traits, reasons[trade.Reason], trade.Percentage);
    }

    private enum Part
    {
        Left,
        Beside,
        Selected,
    }

    /// <summary>What the conditions of <see cref="ClosedTrades"/> say of trades with these words.</summary>
    private static Part PartOf(in TapeKind kind, ClosedTradeFilter filter, TradesBeside beside)
    {
        var isOfBot = filter.BotName is null || filter.BotName == kind.Bot;
        var isOfMode = filter.Mode is null || filter.Mode == kind.Mode;
        var isOfWords = (filter.TradingPair is null || (kind.Traits.Pair is { } pair && filter.TradingPair == TradingPair.Upper(pair)))
            && (filter.Side is null || filter.Side == kind.Traits.Side) && (filter.Strategy is null || filter.Strategy == kind.Traits.Strategy);
        var isRead = beside switch
        {
            TradesBeside.None => isOfBot && isOfMode && isOfWords,
            TradesBeside.OfBotAndMode => isOfBot && isOfMode,
            TradesBeside.OfBot => isOfBot,
            _ => true,
        };
        return !isRead ? Part.Left : isOfBot && isOfMode && isOfWords ? Part.Selected : Part.Beside;
    }
}

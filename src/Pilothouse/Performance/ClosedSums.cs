using Pilothouse.Storage;
using Pilothouse.Trades;

namespace Pilothouse.Performance;

/// <summary>Whose closed trades are summed, and in which asset.</summary>
/// <param name="Mode">The mode in lower case.</param>
internal readonly record struct SumOwner(string? Bot, string? Mode, string? Asset);

/// <summary>The place of a trade in the order of the closes.</summary>
internal readonly record struct ClosePlace(DateTimeOffset ClosedAt, long Id) : IComparable<ClosePlace>
{
    public static readonly ClosePlace First = new(DateTimeOffset.MinValue, long.MinValue);

    public int CompareTo(ClosePlace other) => (ClosedAt, Id).CompareTo((other.ClosedAt, other.Id));
}

/// <summary>The pnl of some closed trades of one owner, and how many they are.</summary>
internal readonly record struct OwnerSum(SumOwner Owner, MoneySum Pnl, long Trades);

/// <summary>
/// Running sums of the pnl of each bot in each mode and asset, as they were after every so many closes of all bots. So what had closed
/// until any time is known from one entry and a few trades, however many closed before. The number of entries is bounded: where they
/// become too many, every second one is left out. One thread adds while others read.
/// </summary>
internal sealed class ClosedSums
{
    private const int FirstStep = 256;
    private const int MostEntries = 100_000;
    private const int MostOwners = 20_000;
    private readonly Dictionary<SumOwner, Sums> owners = [];
    private readonly List<(ClosePlace Place, long Position)> starts = [];
    private readonly Lock gate = new();
    private ClosePlace last;
    private long addingTo;
    private int step = FirstStep;
    private int inChunk;
    private int entries;
    private (SumOwner Owner, Sums Sums)? latest;

    /// <summary>The position in the log of changes at which all trades were read.</summary>
    public long BeganAt { get; init; }

    /// <summary>The position in the log of changes up to which closes are in the sums.</summary>
    public long Position { get; private set; }

    /// <summary>Whether there are so many bots that the sums would take too much memory. They are not kept then.</summary>
    public bool AreTooMany { get; private set; }

    /// <summary>Notes that all closes up to a position in the log of changes were added.</summary>
    public void MoveTo(long position)
    {
        lock (gate)
        {
            Position = position;
        }
    }

    /// <summary>Adds the next trade in the order of (closed at, id).</summary>
    /// <param name="position">The position in the log of changes up to which trades are being added.</param>
    public void Add(in TradeClosing row, long position)
    {
        if (!AreTooMany)
        {
            lock (gate)
            {
                Add(row, ClosedTradeReader.Of(row), position);
            }
        }
    }

    /// <summary>Returns the sums of what had closed before a place near a time, and that place: what is between both must be read.</summary>
    /// <param name="time">The time.</param>
    /// <param name="newest">The newest position in the log of changes that the reader sees.</param>
    /// <param name="firstUnknown">The first trade that the reader sees and the sums may not have.</param>
    public (List<OwnerSum> Sums, ClosePlace? ReadFrom) NearBefore(DateTimeOffset time, long newest, ClosePlace? firstUnknown)
    {
        lock (gate)
        {
            if (firstUnknown is null && addingTo <= newest && last.ClosedAt < time)
            {
                return (SumsOf(static sums => sums.Now), null);
            }

            var chunk = starts.FindLastIndex(start =>
                start.Place.ClosedAt < time && start.Position <= newest && !(firstUnknown is { } unknown && unknown.CompareTo(start.Place) < 0));
            return chunk < 0 ? ([], ClosePlace.First) : (SumsOf(sums => sums.Before(chunk)), starts[chunk].Place);
        }
    }

    private List<OwnerSum> SumsOf(Func<Sums, OwnerSum> select) =>
        [.. owners.Select(owner => select(owner.Value) with { Owner = owner.Key }).Where(static sum => sum.Trades > 0)];

    private void Add(in TradeClosing row, in ClosedTrade trade, long position)
    {
        addingTo = Math.Max(addingTo, position);
        last = new(trade.ClosedAt, trade.Id);
        if (starts.Count == 0 || inChunk == step)
        {
            starts.Add((last, position));
            inChunk = 0;
        }

        inChunk++;
        var sums = Of(new SumOwner(row.BotName, row.Mode, trade.Asset));
        var chunk = starts.Count - 1;
        if (sums.Chunk != chunk)
        {
            sums.Ends.Add((sums.Chunk, sums.Now));
            sums.Chunk = chunk;
            if (++entries > MostEntries)
            {
                HalveEntries();
            }
        }

        sums.Now = sums.Now with { Pnl = sums.Now.Pnl.Plus(trade.Pnl), Trades = sums.Now.Trades + 1 };
    }

    private Sums Of(in SumOwner owner)
    {
        // Most trades have the owner of the one before.
        if (latest is { } known && known.Owner == owner)
        {
            return known.Sums;
        }

        if (!owners.TryGetValue(owner, out var sums))
        {
            owners[owner] = sums = new Sums();
            AreTooMany = owners.Count > MostOwners;
        }

        latest = (owner, sums);
        return sums;
    }

    private void HalveEntries()
    {
        (step, entries) = (step * 2, 0);
        if ((starts.Count & 1) == 0)
        {
            inChunk += step / 2;
        }

        var kept = starts.Where(static (_, i) => (i & 1) == 0).ToList();
        starts.Clear();
        starts.AddRange(kept);
        foreach (var sums in owners.Values)
        {
            sums.Halve();
            entries += sums.Ends.Count;
        }
    }

    /// <summary>The sums of one owner.</summary>
    private sealed class Sums
    {
        /// <summary>The chunk of the trade that was added last; −1 before the first.</summary>
        public int Chunk { get; set; } = -1;

        public OwnerSum Now { get; set; }

        /// <summary>For each chunk with a trade of this owner, but the last one: the sums at its end.</summary>
        public List<(int Chunk, OwnerSum Sum)> Ends { get; } = [];

        /// <summary>Returns the sums at the end of the chunks before this one.</summary>
        public OwnerSum Before(int chunk)
        {
            if (Chunk < chunk)
            {
                return Now;
            }

            var (low, high) = (0, Ends.Count);
            while (low < high)
            {
                var middle = (low + high) / 2;
                (low, high) = Ends[middle].Chunk < chunk ? (middle + 1, high) : (low, middle);
            }

            return low == 0 ? default : Ends[low - 1].Sum;
        }

        public void Halve()
        {
            Chunk = Half(Chunk);
            var halved = Ends.Select(static end => (Chunk: Half(end.Chunk), end.Sum)).ToList();
            Ends.Clear();
            for (var i = 0; i < halved.Count; i++)
            {
                // Of two chunks that are one now, the end of the second counts, and that of the last chunk is not an end yet.
                if (halved[i].Chunk != (i + 1 < halved.Count ? halved[i + 1].Chunk : Chunk))
                {
                    Ends.Add(halved[i]);
                }
            }
        }

        private static int Half(int chunk) => chunk < 0 ? chunk : chunk / 2;
    }
}

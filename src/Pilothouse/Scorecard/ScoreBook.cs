using Pilothouse.Storage;
using Pilothouse.Trades;

namespace Pilothouse.Scorecard;

/// <summary>
/// Every stored signal with what became of it, in columns of about 33 bytes a signal, and the sums over them by cells. Not thread-safe.
/// </summary>
internal sealed class ScoreBook(MoneyUnits units)
{
    /// <summary>A signal from before this year has a wrong clock: there was nothing to trade.</summary>
    private static readonly long Earliest = new DateTime(2009, 1, 1).Ticks;

    private readonly SignalColumns signals = new();
    private readonly List<byte> outcomes = [];

    /// <summary>The places of signals whose ids were stored after higher ones: several connections of PostgreSQL commit in any order.</summary>
    private readonly Dictionary<long, int> late = [];
    private readonly List<PairBook?> pairOfCell = [];
    private readonly Dictionary<long, (int Signal, FollowingTrade Trade)> trades = [];
    private readonly HashSet<int> unsettled = [];

    public List<Cell> Cells => signals.Numbers.Cells;

    public List<CellSums> Sums { get; } = [];

    public Dictionary<string, PairBook> Pairs { get; } = new(StringComparer.Ordinal);

    /// <summary>The position in the log of changes up to which it is brought.</summary>
    public long Position { get; set; }

    /// <summary>When prices were last looked at. What was due later is not judged.</summary>
    public DateTimeOffset JudgedAt { get; set; }

    /// <summary>The highest id; the lowest number if there is no signal.</summary>
    public long LastId => signals.Count > 0 ? signals.Ids[^1] : long.MinValue;

    public DateTimeOffset TimeOf(int signal) => new(signals.Times[signal], TimeSpan.Zero);

    public double PriceOf(int signal) => signals.Prices[signal];

    /// <summary>Whether a signal is judged: it expects a rise or a fall.</summary>
    public bool IsJudged(int signal) => Cells[signals.Cells[signal]].Direction != 0;

    /// <summary>Returns the place of a signal; negative if it is not here.</summary>
    public int Find(long id)
    {
        if (late.TryGetValue(id, out var place))
        {
            return place;
        }

        // One that came late stands behind the signal whose id it has in the column, so the first of equal ids is the right one.
        var (low, high) = (0, signals.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = signals.Ids[middle] < id ? (middle + 1, high) : (low, middle);
        }

        return low < signals.Count && signals.Ids[low] == id ? low : -1;
    }

    /// <summary>Adds a signal that is not here yet.</summary>
    /// <returns>The pair of a signal that has a time and a price; null if it has not.</returns>
    public PairBook? Add(in SignalMark mark)
    {
        var isLate = signals.Count > 0 && mark.Id < LastId;
        if (isLate)
        {
            late[mark.Id] = signals.Count;
        }

        signals.Add(isLate ? mark with { Id = LastId } : mark);
        outcomes.Add(SignalOutcome.Unknown);
        NoteCells();
        return File(signals.Count - 1);
    }

    /// <summary>Adds signals to an empty book.</summary>
    /// <param name="parts">The signals, in the order of their ids.</param>
    public void AddAll(SignalColumns[] parts)
    {
        signals.Reserve(parts.Sum(static part => part.Count));
        Array.ForEach(parts, signals.Add);
        outcomes.AddRange(new byte[signals.Count]);
        NoteCells();
        for (var signal = 0; signal < signals.Count; signal++)
        {
            File(signal);
        }
    }

    /// <summary>Whether a signal says what it said when it was added.</summary>
    public bool IsSame(int signal, in SignalMark mark) =>
        signals.Times[signal] == mark.Ticks && signals.Prices[signal].Equals(mark.Price) && signals.Cells[signal] == NumberOf(mark);

    public void Judge(int signal, byte outcome)
    {
        var sums = Sums[signals.Cells[signal]].Outcomes;
        sums[outcomes[signal]]--;
        sums[outcome]++;
        outcomes[signal] = outcome;
    }

    /// <summary>Adds a trade that followed a signal which is here.</summary>
    public void Follow(FollowingTrade trade)
    {
        if (Find(trade.SignalId) is >= 0 and var signal && trades.TryAdd(trade.Id, (signal, trade)) && !unsettled.Contains(signals.Cells[signal]))
        {
            Sums[signals.Cells[signal]].Trades.Add(trade, units.Of(trade.Asset));
        }
    }

    /// <summary>Takes a trade out. The sums of its cell are wrong until <see cref="Settle"/>.</summary>
    public void Unfollow(long trade)
    {
        if (trades.Remove(trade, out var followed))
        {
            unsettled.Add(signals.Cells[followed.Signal]);
        }
    }

    /// <summary>Makes the sums of those cells anew from which a trade was taken, because a deviation cannot be taken back exactly.</summary>
    public void Settle()
    {
        if (unsettled.Count == 0)
        {
            return;
        }

        foreach (var cell in unsettled)
        {
            Sums[cell].Trades = new();
        }

        foreach (var (signal, trade) in trades.Values.Where(one => unsettled.Contains(signals.Cells[one.Signal])))
        {
            Sums[signals.Cells[signal]].Trades.Add(trade, units.Of(trade.Asset));
        }

        unsettled.Clear();
    }

    /// <summary>How many signals have a time before this one.</summary>
    public long CountBefore(DateTimeOffset time)
    {
        var count = 0L;
        foreach (var one in signals.Times)
        {
            count += one != SignalColumns.NoTime && one < time.UtcTicks ? 1 : 0;
        }

        return count;
    }

    /// <summary>Returns the sums by cells over the signals from one time to another, both inclusive.</summary>
    public List<CellSums> Within(DateTimeOffset? from, DateTimeOffset? to)
    {
        if (from is null && to is null)
        {
            return Sums;
        }

        var (first, last) = (from?.UtcTicks ?? (SignalColumns.NoTime + 1), to?.UtcTicks ?? long.MaxValue);
        List<CellSums> sums = [.. Cells.Select(static _ => new CellSums())];
        for (var i = 0; i < signals.Count; i++)
        {
            if (signals.Times[i] >= first && signals.Times[i] <= last)
            {
                Count(i, sums, outcomes[i]);
            }
        }

        foreach (var (signal, trade) in trades.Values)
        {
            if (signals.Times[signal] >= first && signals.Times[signal] <= last)
            {
                sums[signals.Cells[signal]].Trades.Add(trade, units.Of(trade.Asset));
            }
        }

        return sums;
    }

    private int NumberOf(in SignalMark mark)
    {
        var number = signals.Numbers.Of(mark.Traits);
        NoteCells();
        return number;
    }

    /// <summary>Makes room for the sums of cells that are new.</summary>
    private void NoteCells()
    {
        while (Sums.Count < Cells.Count)
        {
            var name = Cells[Sums.Count].Pair;
            PairBook? pair = null;
            if (name.Length > 0 && !Pairs.TryGetValue(name, out pair))
            {
                Pairs[name] = pair = new PairBook(name, this);
            }

            pairOfCell.Add(pair);
            Sums.Add(new());
        }
    }

    /// <summary>Counts a new signal, and puts it among those of its pair if it has a time and a price.</summary>
    private PairBook? File(int signal)
    {
        if (!Count(signal, Sums, SignalOutcome.Unknown))
        {
            return null;
        }

        var pair = pairOfCell[signals.Cells[signal]]!;
        pair.Add(signal);
        return pair;
    }

    /// <returns>Whether it has a pair, a time and a price.</returns>
    private bool Count(int signal, List<CellSums> sums, byte outcome)
    {
        var cell = signals.Cells[signal];
        var (sum, time) = (sums[cell], signals.Times[signal]);
        sum.Signals++;
        if (pairOfCell[cell] is null || time < Earliest || !(signals.Prices[signal] > 0))
        {
            return false;
        }

        if (Cells[cell].Direction != 0)
        {
            sum.Judge(time, outcome);
        }

        return true;
    }
}

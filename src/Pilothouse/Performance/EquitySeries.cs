using Pilothouse.Storage;

namespace Pilothouse.Performance;

/// <summary>The state after a close, or after a deposit, a withdrawal or an account that joins.</summary>
/// <param name="Number">Its place among all of them; 0 is the start.</param>
/// <param name="Equity">The equity; not known if <paramref name="Curve"/> is null.</param>
/// <param name="TotalPnl">The profit of the trades that count.</param>
/// <param name="Flows">What came or went since the start without being a return.</param>
/// <param name="Drawdown">The fall of the profit from its peak.</param>
/// <param name="Curve">Where the curve of returns is; null if there are no percent figures.</param>
/// <param name="NearDrawdown">Nearly the fall of that curve as a share of its peak, to compare many states; 0 without a curve.</param>
internal readonly record struct EquityState(
    long Number, DateTimeOffset? At, MoneySum Equity, MoneySum TotalPnl, MoneySum Flows, decimal Drawdown, CurvePlace? Curve, double NearDrawdown);

/// <summary>
/// The states of an equity curve, thinned to a bounded number however many are added. States in a row form a bucket, and of a bucket its
/// last one and its extremes stay: the smallest and the largest equity and profit, and the deepest falls. So no minimum and no maximum is
/// lost. The states of the peak and of the trough of the largest falls are kept beside them. Not thread-safe.
/// </summary>
internal sealed class EquitySeries
{
    /// <summary>The most points of an answer.</summary>
    public const int MostPoints = 2000;

    /// <summary>The start, and the peaks and troughs of two falls.</summary>
    private const int Special = 5;

    private static readonly Comparer<EquityState> ByNumber = Comparer<EquityState>.Create(static (one, other) => one.Number.CompareTo(other.Number));

    private readonly List<Bucket> buckets = [];
    private readonly EquityState?[] marked = new EquityState?[Special];
    private (EquityState State, long Mark) peakInPercent;
    private (EquityState State, long Mark) peakInMoney;
    private long perBucket = 1;

    /// <summary>The points of all buckets but the last one.</summary>
    private int points;
    private long troughsInPercent;
    private long troughsInMoney;

    /// <summary>The number of states that were added, the start among them.</summary>
    public long Count { get; private set; }

    public EquityState Last { get; private set; }

    /// <summary>Adds the state at the start, before any other.</summary>
    public void Begin(in EquityState start)
    {
        (peakInPercent, peakInMoney) = ((start, 0), (start, 0));
        marked[0] = Last = start;
        Count = 1;
    }

    /// <summary>Adds the next state.</summary>
    /// <param name="inPercent">How many peaks and deepest falls the curve of returns has had.</param>
    /// <param name="inMoney">How many the running profit has had.</param>
    public void Add(in EquityState state, (long Peaks, long Troughs) inPercent, (long Peaks, long Troughs) inMoney)
    {
        Count++;
        Last = state;
        Mark(state, inPercent, ref peakInPercent, ref troughsInPercent, 1);
        Mark(state, inMoney, ref peakInMoney, ref troughsInMoney, 3);
        if (buckets.Count == 0 || (buckets[^1].States >= perBucket && IsNextBegun()))
        {
            buckets.Add(new Bucket());
        }

        buckets[^1].Add(state);
    }

    /// <summary>Returns at most <see cref="MostPoints"/> states in order: the first, the last, and every extreme are among them.</summary>
    public IReadOnlyList<EquityState> Points()
    {
        var states = new List<EquityState>(MostPoints);
        buckets.ForEach(bucket => states.AddRange(bucket.Kept()));
        foreach (var state in marked.OfType<EquityState>())
        {
            var place = states.BinarySearch(state, ByNumber);
            if (place < 0)
            {
                states.Insert(~place, state);
            }
        }

        return states;
    }

    private void Mark(
        in EquityState state, (long Peaks, long Troughs) now, ref (EquityState State, long Mark) peak, ref long troughs, int place)
    {
        if (now.Peaks != peak.Mark)
        {
            peak = (state, now.Peaks);
        }

        if (now.Troughs != troughs)
        {
            troughs = now.Troughs;
            (marked[place], marked[place + 1]) = (peak.State, state);
        }
    }

    /// <summary>Closes the last bucket. Where there are too many points, buckets are put together first.</summary>
    /// <returns>Whether another bucket is needed.</returns>
    private bool IsNextBegun()
    {
        points += buckets[^1].Kept().Length;
        while (points + Bucket.Most + Special > MostPoints)
        {
            Thin();
        }

        if (buckets[^1].States >= perBucket)
        {
            return true;
        }

        points -= buckets[^1].Kept().Length;
        return false;
    }

    /// <summary>Puts two buckets into one each.</summary>
    private void Thin()
    {
        perBucket *= 2;
        var merged = 0;
        for (var i = 0; i < buckets.Count; i += 2)
        {
            if (i + 1 < buckets.Count)
            {
                buckets[i].Take(buckets[i + 1]);
            }

            buckets[merged++] = buckets[i];
        }

        buckets.RemoveRange(merged, buckets.Count - merged);
        points = buckets.Sum(static bucket => bucket.Kept().Length);
    }

    /// <summary>States in a row, of which the last one and the extremes are kept.</summary>
    private sealed class Bucket
    {
        public const int Most = 7;

        /// <summary>The first of the smallest and the largest equity, of the smallest and the largest profit, and of the deepest falls.</summary>
        private readonly EquityState[] extremes = new EquityState[Most - 1];
        private EquityState last;
        private EquityState[]? kept;

        public long States { get; private set; }

        public void Add(in EquityState state)
        {
            Extend(state);
            last = state;
            kept = null;
            States++;
        }

        /// <summary>Adds the states of the bucket that follows.</summary>
        public void Take(Bucket next)
        {
            foreach (ref readonly var state in next.extremes.AsSpan())
            {
                Extend(state);
            }

            last = next.last;
            kept = null;
            States += next.States;
        }

        /// <summary>What stays of its states, in order.</summary>
        public EquityState[] Kept() => kept ??= [.. extremes.Append(last).DistinctBy(static state => state.Number).OrderBy(static state => state.Number)];

        private void Extend(in EquityState state)
        {
            if (States == 0)
            {
                Array.Fill(extremes, state);
                return;
            }

            if (state.Equity.Amount < extremes[0].Equity.Amount)
            {
                extremes[0] = state;
            }
            else if (state.Equity.Amount > extremes[1].Equity.Amount)
            {
                extremes[1] = state;
            }

            if (state.TotalPnl.Amount < extremes[2].TotalPnl.Amount)
            {
                extremes[2] = state;
            }
            else if (state.TotalPnl.Amount > extremes[3].TotalPnl.Amount)
            {
                extremes[3] = state;
            }

            if (state.Drawdown > extremes[4].Drawdown)
            {
                extremes[4] = state;
            }

            if (state.NearDrawdown > extremes[5].NearDrawdown)
            {
                extremes[5] = state;
            }
        }
    }
}

using System.Numerics;

namespace Pilothouse.Agents;

/// <summary>
/// The execution times of some decisions, of which the mean and a percentile are asked for. They are counted in buckets that are at most a
/// sixteenth wide; only the values of the one or two buckets in which the percentile lies are looked at a second time.
/// </summary>
internal sealed class ExecutionTimes
{
    private const int BitsInOctave = 4;
    private const int InOctave = 1 << BitsInOctave;

    /// <summary>How many buckets there are.</summary>
    public const int Buckets = (32 - BitsInOctave) * InOctave;

    private readonly int[] counts = new int[Buckets];
    private List<int>? found;
    private long sum;
    private int first;
    private int last = -1;
    private long before;
    private double place;

    public long Count { get; private set; }

    /// <summary>The mean in milliseconds; null without values.</summary>
    public double? Mean => Count == 0 ? null : (double)sum / Count;

    /// <summary>Returns the bucket of a time.</summary>
    /// <param name="milliseconds">At least 0.</param>
    public static int BucketOf(int milliseconds)
    {
        var shift = Math.Max(0, BitOperations.Log2((uint)milliseconds | 1) - BitsInOctave);
        return (shift << BitsInOctave) + (milliseconds >> shift);
    }

    /// <summary>Counts a time.</summary>
    /// <param name="bucket">Its bucket.</param>
    public void Add(int milliseconds, int bucket)
    {
        counts[bucket]++;
        Count++;
        sum += milliseconds;
    }

    /// <summary>Counts what another one has counted.</summary>
    public void Add(ExecutionTimes other)
    {
        for (var bucket = 0; bucket < Buckets; bucket++)
        {
            counts[bucket] += other.counts[bucket];
        }

        (Count, sum) = (Count + other.Count, sum + other.sum);
    }

    /// <summary>Finds the buckets whose values <see cref="Percentile"/> needs, and marks them.</summary>
    /// <param name="share">Which percentile, from 0 to 1.</param>
    /// <param name="isWanted">For each bucket, whether anybody needs it.</param>
    public void Seek(double share, bool[] isWanted)
    {
        if (Count == 0)
        {
            return;
        }

        place = share * (Count - 1);
        var rank = (long)Math.Floor(place);
        (first, before) = (0, 0);
        while (before + counts[first] <= rank)
        {
            before += counts[first++];
        }

        var (behind, second) = (before + counts[first], Math.Min(rank + 1, Count - 1));
        for (last = first; behind <= second;)
        {
            behind += counts[++last];
        }

        (isWanted[first], isWanted[last]) = (true, true);
        found = [];
    }

    /// <summary>Takes a value that may be one of those which are needed.</summary>
    public void Offer(int milliseconds, int bucket)
    {
        if (bucket >= first && bucket <= last)
        {
            found!.Add(milliseconds);
        }
    }

    /// <summary>
    /// Returns the percentile that was sought, after all values were offered, interpolated linearly between the two values around it, as
    /// numpy.percentile does: method 7 of R. J. Hyndman and Y. Fan, "Sample Quantiles in Statistical Packages", The American Statistician 50
    /// (1996). Null without values.
    /// </summary>
    public double? Percentile()
    {
        if (found is null)
        {
            return null;
        }

        found.Sort();
        var rank = (long)Math.Floor(place);
        var (low, high) = ((double)found[(int)(rank - before)], (double)found[(int)(Math.Min(rank + 1, Count - 1) - before)]);
        return low + ((high - low) * (place - rank));
    }
}

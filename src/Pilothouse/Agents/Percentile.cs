namespace Pilothouse.Agents;

/// <summary>Percentiles of whole numbers that lie in several lists, without sorting all of them.</summary>
internal static class Percentile
{
    private const int Buckets = 1 << 12;

    /// <summary>
    /// Returns a percentile, interpolated linearly between the two values around it, as numpy.percentile does: method 7 of R. J. Hyndman and
    /// Y. Fan, "Sample Quantiles in Statistical Packages", The American Statistician 50 (1996).
    /// </summary>
    /// <param name="lists">The values, at least 0, in any order.</param>
    /// <param name="share">From 0 to 1.</param>
    /// <returns>Null without values.</returns>
    public static double? Of(IReadOnlyList<List<int>> lists, double share)
    {
        long count = 0;
        var most = 0;
        foreach (var list in lists)
        {
            count += list.Count;
            foreach (var value in list)
            {
                most = Math.Max(most, value);
            }
        }

        if (count == 0)
        {
            return null;
        }

        var place = share * (count - 1);
        var rank = (long)Math.Floor(place);
        var (low, high) = Around(lists, most, rank, Math.Min(rank + 1, count - 1));
        return low + ((high - low) * (place - rank));
    }

    /// <summary>Returns the values of two ranks, of which the second is the first or the next. Only the buckets with them are sorted.</summary>
    private static (double Low, double High) Around(IReadOnlyList<List<int>> lists, int most, long first, long second)
    {
        var shift = 0;
        while (most >> shift >= Buckets)
        {
            shift++;
        }

        var counts = new long[Buckets];
        foreach (var list in lists)
        {
            foreach (var value in list)
            {
                counts[value >> shift]++;
            }
        }

        var (bucket, before) = (0, 0L);
        while (before + counts[bucket] <= first)
        {
            before += counts[bucket++];
        }

        var last = bucket;
        var behind = before + counts[bucket];
        while (behind <= second)
        {
            behind += counts[++last];
        }

        var found = new List<int>((int)(behind - before));
        foreach (var list in lists)
        {
            found.AddRange(list.Where(value => value >> shift >= bucket && value >> shift <= last));
        }

        found.Sort();
        return (found[(int)(first - before)], found[(int)(second - before)]);
    }
}

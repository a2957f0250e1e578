namespace Pilothouse.Prices;

/// <summary>Prices in the order of the times at which they were known; of several of one time the one that counts.</summary>
internal sealed class PriceLine
{
    private readonly List<long> times = [];
    private readonly List<double> prices = [];
    private readonly List<long> ranks = [];
    private bool isInOrder = true;

    public int Count => times.Count;

    /// <summary>Adds a price.</summary>
    /// <param name="time">When it was known, in ticks of UTC.</param>
    /// <param name="rank">Of several prices of one time the one with the lowest rank counts; of equal ranks the one that was added last.</param>
    public void Add(long time, double price, long rank)
    {
        isInOrder = isInOrder && (times.Count == 0 || time > times[^1]);
        times.Add(time);
        prices.Add(price);
        ranks.Add(rank);
    }

    /// <summary>Returns the last price that was known at a time, and was not older than allowed; else the first one that came no later than allowed.</summary>
    /// <param name="time">In ticks of UTC.</param>
    /// <param name="within">How old the price may be, and how late, in ticks.</param>
    /// <returns>Null if there is none.</returns>
    public double? At(long time, long within)
    {
        if (!isInOrder)
        {
            Sort();
        }

        var found = times.BinarySearch(time);
        var last = found >= 0 ? found : ~found - 1;
        return last >= 0 && time - times[last] <= within ? prices[last]
            : last + 1 < times.Count && times[last + 1] - time <= within ? prices[last + 1]
            : null;
    }

    private void Sort()
    {
        var order = Enumerable.Range(0, times.Count).OrderBy(i => times[i]).ThenByDescending(i => ranks[i]).ToArray();
        var (oldTimes, oldPrices) = (times.ToArray(), prices.ToArray());
        times.Clear();
        prices.Clear();
        ranks.Clear();
        foreach (var i in order)
        {
            if (times.Count > 0 && times[^1] == oldTimes[i])
            {
                prices[^1] = oldPrices[i];
                continue;
            }

            times.Add(oldTimes[i]);
            prices.Add(oldPrices[i]);
        }

        isInOrder = true;
    }
}

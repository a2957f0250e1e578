namespace Pilothouse.CircuitBreaker;

/// <summary>
/// Prices by the time of their observation, and the highest of any window. The maxima of blocks are kept, so that a window over many
/// observations costs little. Observations may come out of order.
/// </summary>
internal sealed class PriceSeries
{
    private const int Block = 128;
    private readonly List<(long Ticks, decimal Price)> prices = [];
    private readonly List<decimal> highest = [];

    public void Add(DateTimeOffset at, decimal price)
    {
        var ticks = at.UtcTicks;
        var index = prices.Count;
        while (index > 0 && prices[index - 1].Ticks > ticks)
        {
            index--;
        }

        prices.Insert(index, (ticks, price));
        if (index == prices.Count - 1)
        {
            Append(index);
        }
        else
        {
            Rebuild(index / Block);
        }
    }

    /// <summary>Returns the highest price from one time to another, both inclusive; null if there is none.</summary>
    public decimal? Highest(DateTimeOffset from, DateTimeOffset to)
    {
        var (first, end) = (FirstAt(from.UtcTicks), FirstAt(to.UtcTicks + 1));
        decimal? most = null;
        for (var i = first; i < end;)
        {
            var whole = i % Block == 0 && i + Block <= end;
            var price = whole ? highest[i / Block] : prices[i].Price;
            most = most is { } known && known >= price ? known : price;
            i += whole ? Block : 1;
        }

        return most;
    }

    /// <summary>Forgets what is older than that, in whole blocks.</summary>
    public void Forget(DateTimeOffset before)
    {
        var blocks = FirstAt(before.UtcTicks) / Block;
        if (blocks > 0)
        {
            prices.RemoveRange(0, blocks * Block);
            highest.RemoveRange(0, blocks);
        }
    }

    private void Append(int index)
    {
        if (index % Block == 0)
        {
            highest.Add(prices[index].Price);
        }
        else
        {
            highest[^1] = Math.Max(highest[^1], prices[index].Price);
        }
    }

    private void Rebuild(int block)
    {
        highest.RemoveRange(block, highest.Count - block);
        for (var i = block * Block; i < prices.Count; i++)
        {
            Append(i);
        }
    }

    /// <summary>Returns the index of the first price at or after that time.</summary>
    private int FirstAt(long ticks)
    {
        var (low, high) = (0, prices.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = prices[middle].Ticks < ticks ? (middle + 1, high) : (low, middle);
        }

        return low;
    }
}

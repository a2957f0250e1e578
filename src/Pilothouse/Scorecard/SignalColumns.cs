namespace Pilothouse.Scorecard;

/// <summary>
/// Signals in columns, 28 bytes each: a million small objects would take four times as much, and the garbage collector would pass over them
/// again and again. Not thread-safe.
/// </summary>
internal sealed class SignalColumns
{
    /// <summary>The time of a signal that has none that can be read.</summary>
    public const long NoTime = long.MinValue;

    public CellNumbers Numbers { get; } = new();

    public List<long> Ids { get; } = [];

    /// <summary>In ticks of UTC.</summary>
    public List<long> Times { get; } = [];

    /// <summary>0 where the price is no number.</summary>
    public List<double> Prices { get; } = [];

    /// <summary>The number of the cell of each.</summary>
    public List<int> Cells { get; } = [];

    public int Count => Ids.Count;

    /// <summary>Adds a signal.</summary>
    public void Add(in SignalMark mark)
    {
        Ids.Add(mark.Id);
        Times.Add(mark.Ticks);
        Prices.Add(mark.Price);
        Cells.Add(Numbers.Of(mark.Traits));
    }

    /// <summary>Adds all signals of other columns, whose cells have other numbers.</summary>
    public void Add(SignalColumns others)
    {
        Ids.AddRange(others.Ids);
        Times.AddRange(others.Times);
        Prices.AddRange(others.Prices);
        int[] own = [.. others.Numbers.Traits.Select(traits => Numbers.Of(traits))];
        foreach (var cell in others.Cells)
        {
            Cells.Add(own[cell]);
        }
    }

    /// <summary>Drops all signals behind so many.</summary>
    public void Keep(int count)
    {
        Ids.RemoveRange(count, Count - count);
        Times.RemoveRange(count, Times.Count - count);
        Prices.RemoveRange(count, Prices.Count - count);
        Cells.RemoveRange(count, Cells.Count - count);
    }

    /// <summary>Makes room for so many more signals.</summary>
    public void Reserve(int more)
    {
        Ids.EnsureCapacity(Count + more);
        Times.EnsureCapacity(Count + more);
        Prices.EnsureCapacity(Count + more);
        Cells.EnsureCapacity(Count + more);
    }
}

/// <summary>What the scorecard reads of a signal.</summary>
/// <param name="Ticks">Its time in ticks of UTC; <see cref="SignalColumns.NoTime"/> if it has none.</param>
/// <param name="Price">0 if it is no number.</param>
internal readonly record struct SignalMark(long Id, long Ticks, double Price, SignalTraits Traits);

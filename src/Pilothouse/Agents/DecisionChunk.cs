namespace Pilothouse.Agents;

/// <summary>A part of a <see cref="DecisionBook"/>: up to <see cref="Size"/> decisions in one piece of memory, which is small while they are few.</summary>
internal sealed class DecisionChunk
{
    public const int Size = 1 << 14;

    /// <summary>It begins with room for so many decisions.</summary>
    private const int Smallest = 1 << 8;

    private DecisionEntry[] entries = new DecisionEntry[Smallest];
    private long[]? costs;
    private long leastId = long.MaxValue;
    private long mostId = long.MinValue;

    /// <summary>Decisions that were committed at the same time may come in another order than that of their ids.</summary>
    private bool idsRise = true;

    public DecisionEntry[] Entries => entries;

    /// <summary>What each cost, as <see cref="SmallCost"/> numbers it; null if no cost is known. As long as the entries.</summary>
    public long[]? Costs => costs;

    public long Earliest { get; private set; } = long.MaxValue;

    public long Latest { get; private set; } = long.MinValue;

    /// <summary>Sets an entry at the next place, or in the place of another.</summary>
    public void Set(int place, in DecisionEntry entry)
    {
        if (place == entries.Length)
        {
            Array.Resize(ref entries, 2 * place);
            if (costs is not null)
            {
                Array.Resize(ref costs, entries.Length);
                costs.AsSpan(place).Fill(SmallCost.Unknown);
            }
        }

        idsRise = idsRise && (place == 0 || entries[place - 1].Id < entry.Id);
        entries[place] = entry;
        (Earliest, Latest) = (Math.Min(Earliest, entry.Ticks), Math.Max(Latest, entry.Ticks));
        (leastId, mostId) = (Math.Min(leastId, entry.Id), Math.Max(mostId, entry.Id));
    }

    public void SetCost(int place, long cost)
    {
        if (costs is null && cost != SmallCost.Unknown)
        {
            costs = new long[entries.Length];
            costs.AsSpan().Fill(SmallCost.Unknown);
        }

        if (costs is not null)
        {
            costs[place] = cost;
        }
    }

    /// <summary>Returns the place of an id among the first entries; -1 if it is not there.</summary>
    public int PlaceOf(long id, int length)
    {
        if (id < leastId || id > mostId)
        {
            return -1;
        }

        if (!idsRise)
        {
            return Array.FindIndex(entries, 0, length, entry => entry.Id == id);
        }

        var (low, high) = (0, length - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            var here = entries[middle].Id;
            if (here == id)
            {
                return middle;
            }

            (low, high) = here < id ? (middle + 1, high) : (low, middle - 1);
        }

        return -1;
    }
}

namespace Pilothouse.Agents;

/// <summary>Who decided: what figures are split by. Each is the number of a text in the book; -1 if the row has none.</summary>
internal readonly record struct DecisionGroup(int Agent, int Role, int Type, int Bot);

/// <summary>
/// All decisions as the figures need them, in memory: 56 bytes each. Not thread-safe; <see cref="AgentLedger"/> keeps it up to date.
/// </summary>
internal sealed class DecisionBook
{
    private const int ChunkSize = 1 << 14;

    private readonly List<Chunk> chunks = [];
    private readonly Dictionary<DecisionGroup, int> groups = [];
    private readonly List<DecisionGroup> groupList = [];
    private bool idsRise = true;

    /// <summary>The names of agents, roles, types and bots.</summary>
    public TextCodes Names { get; } = new();

    /// <summary>The pairs in capitals.</summary>
    public TextCodes Pairs { get; } = new();

    public int Count { get; private set; }

    /// <summary>The groups by their numbers.</summary>
    public IReadOnlyList<DecisionGroup> Groups => groupList;

    public ref DecisionEntry this[int index] => ref chunks[index / ChunkSize].Entries[index % ChunkSize];

    /// <summary>Returns the number of a group.</summary>
    public int NumberOf(DecisionGroup group)
    {
        if (!groups.TryGetValue(group, out var number))
        {
            groups[group] = number = groupList.Count;
            groupList.Add(group);
        }

        return number;
    }

    /// <summary>Adds a decision.</summary>
    /// <returns>Its index.</returns>
    public int Add(in DecisionEntry entry)
    {
        if (Count % ChunkSize == 0)
        {
            chunks.Add(new());
        }

        var chunk = chunks[^1];
        chunk.Entries[Count % ChunkSize] = entry;
        chunk.Note(entry.Ticks);
        idsRise = idsRise && (Count == 0 || this[Count - 1].Id < entry.Id);
        return Count++;
    }

    /// <summary>Puts another entry in the place of one.</summary>
    public void Replace(int index, in DecisionEntry entry)
    {
        this[index] = entry;
        chunks[index / ChunkSize].Note(entry.Ticks);
    }

    /// <summary>Returns the index of a decision; -1 if it is not in the book.</summary>
    /// <param name="hint">An index before which it rather is not.</param>
    public int Find(long id, int hint = 0)
    {
        if (hint < Count && this[hint].Id == id)
        {
            return hint;
        }

        if (!idsRise)
        {
            for (var i = 0; i < Count; i++)
            {
                if (this[i].Id == id)
                {
                    return i;
                }
            }

            return -1;
        }

        var (low, high) = (0, Count - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            var here = this[middle].Id;
            if (here == id)
            {
                return middle;
            }

            (low, high) = here < id ? (middle + 1, high) : (low, middle - 1);
        }

        return -1;
    }

    /// <summary>Returns what the uses of outside APIs for a decision cost; null if none is known.</summary>
    public decimal? CostOf(int index) => chunks[index / ChunkSize].Costs is { } costs && costs[index % ChunkSize] is var (isKnown, cost) && isKnown ? cost : null;

    public void SetCost(int index, decimal? cost)
    {
        var chunk = chunks[index / ChunkSize];
        if (cost is not null || chunk.Costs is not null)
        {
            (chunk.Costs ??= new (bool, decimal)[ChunkSize])[index % ChunkSize] = (cost is not null, cost ?? 0);
        }
    }

    /// <summary>Forgets all costs.</summary>
    public void ClearCosts() => chunks.ForEach(static chunk => chunk.Costs = null);

    /// <summary>Passes the indexes of all decisions between two times, inclusive, and perhaps some others near them.</summary>
    public void EachNear(long from, long to, Action<int> take)
    {
        for (var chunk = 0; chunk < chunks.Count; chunk++)
        {
            if (chunks[chunk].Latest < from || chunks[chunk].Earliest > to)
            {
                continue;
            }

            var end = Math.Min(Count, (chunk + 1) * ChunkSize);
            for (var i = chunk * ChunkSize; i < end; i++)
            {
                take(i);
            }
        }
    }

    /// <summary>Passes the decisions between two times, inclusive, and perhaps some others near them, part by part, with the costs where there are any.</summary>
    public void EachPart(long from, long to, DecisionPart take)
    {
        for (var chunk = 0; chunk < chunks.Count; chunk++)
        {
            if (chunks[chunk].Latest >= from && chunks[chunk].Earliest <= to)
            {
                take(chunks[chunk].Entries.AsSpan(0, Math.Min(ChunkSize, Count - (chunk * ChunkSize))), chunks[chunk].Costs);
            }
        }
    }

    private sealed class Chunk
    {
        public DecisionEntry[] Entries { get; } = new DecisionEntry[ChunkSize];

        public (bool IsKnown, decimal Cost)[]? Costs { get; set; }

        public long Earliest { get; private set; } = long.MaxValue;

        public long Latest { get; private set; } = long.MinValue;

        public void Note(long ticks) => (Earliest, Latest) = (Math.Min(Earliest, ticks), Math.Max(Latest, ticks));
    }
}

/// <summary>Takes a part of the decisions.</summary>
/// <param name="entries">The decisions.</param>
/// <param name="costs">What each cost; null if no cost of any is known.</param>
internal delegate void DecisionPart(ReadOnlySpan<DecisionEntry> entries, (bool IsKnown, decimal Cost)[]? costs);

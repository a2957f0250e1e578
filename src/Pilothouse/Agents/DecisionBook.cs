namespace Pilothouse.Agents;

/// <summary>Who decided: what figures are split by. Each is the number of a text in the book; -1 if the row has none.</summary>
internal readonly record struct DecisionGroup(int Agent, int Role, int Type, int Bot);

/// <summary>
/// All decisions as the figures need them, in memory: 40 bytes each, and 12 more beside costs. Not thread-safe; <see cref="AgentLedger"/>
/// keeps it up to date.
/// </summary>
internal sealed class DecisionBook
{
    private const int ChunkSize = DecisionChunk.Size;

    private readonly List<DecisionChunk> chunks = [];
    private readonly Dictionary<DecisionGroup, int> groups = [];
    private readonly List<DecisionGroup> groupList = [];

    /// <summary>The costs that <see cref="SmallCost"/> has no number for, by the index of the decision.</summary>
    private readonly Dictionary<int, decimal> oddCosts = [];

    /// <summary>The names of agents, roles, types and bots.</summary>
    public TextCodes Names { get; } = new();

    /// <summary>The pairs in capitals.</summary>
    public TextCodes Pairs { get; } = new();

    /// <summary>Which use of an outside API belongs to which decision.</summary>
    public CostRows CostRows { get; } = new();

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

        chunks[^1].Set(Count % ChunkSize, entry);
        chunks[^1].SetCost(Count % ChunkSize, SmallCost.Unknown);
        return Count++;
    }

    /// <summary>Adds the decisions of another book, with their costs.</summary>
    public void Add(DecisionBook other)
    {
        int[] pairs = [.. Enumerable.Range(0, other.Pairs.Count).Select(pair => Pairs.Of(other.Pairs[pair]))];
        int[] numbers = [.. other.groupList.Select(group => NumberOf(new(
            Names.Of(other.Names[group.Agent]), Names.Of(other.Names[group.Role]), Names.Of(other.Names[group.Type]), Names.Of(other.Names[group.Bot]))))];
        var first = Count;
        for (var i = 0; i < other.Count; i++)
        {
            var entry = other[i];
            entry.Pair = entry.Pair < 0 ? entry.Pair : pairs[entry.Pair];
            entry.Group = entry.Group < 0 ? entry.Group : numbers[entry.Group];
            var index = Add(entry);
            if (other.chunks[i / ChunkSize].Costs is { } costs)
            {
                chunks[index / ChunkSize].SetCost(index % ChunkSize, costs[i % ChunkSize]);
            }
        }

        foreach (var (index, cost) in other.oddCosts)
        {
            oddCosts[first + index] = cost;
        }

        CostRows.Add(other.CostRows, first);
    }

    /// <summary>Forgets the decisions that were added last.</summary>
    /// <param name="count">How many stay.</param>
    public void CutTo(int count)
    {
        Count = count;
        chunks.RemoveRange((count + ChunkSize - 1) / ChunkSize, chunks.Count - ((count + ChunkSize - 1) / ChunkSize));
    }

    /// <summary>Puts another entry in the place of one.</summary>
    public void Replace(int index, in DecisionEntry entry)
    {
        chunks[index / ChunkSize].Set(index % ChunkSize, entry);
    }

    /// <summary>Returns the index of a decision; -1 if it is not in the book.</summary>
    /// <param name="hint">An index at which it may be.</param>
    public int Find(long id, int hint = 0)
    {
        if (hint < Count && this[hint].Id == id)
        {
            return hint;
        }

        for (var i = 0; i < chunks.Count; i++)
        {
            var length = Math.Min(ChunkSize, Count - (i * ChunkSize));
            if (chunks[i].PlaceOf(id, length) is >= 0 and var place)
            {
                return (i * ChunkSize) + place;
            }
        }

        return -1;
    }

    /// <summary>Returns what the uses of outside APIs for a decision cost; null if none is known.</summary>
    public decimal? CostOf(int index) => chunks[index / ChunkSize].Costs is not { } costs || index % ChunkSize >= costs.Length ? null : costs[index % ChunkSize] switch
    {
        SmallCost.Unknown => null,
        SmallCost.Odd => oddCosts[index],
        var cost => SmallCost.ToAmount(cost),
    };

    public void SetCost(int index, decimal? cost)
    {
        var number = SmallCost.Of(cost);
        chunks[index / ChunkSize].SetCost(index % ChunkSize, number);
        if (number == SmallCost.Odd)
        {
            oddCosts[index] = cost!.Value;
        }
        else
        {
            oddCosts.Remove(index);
        }
    }

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

    /// <summary>How many chunks there are.</summary>
    public int Chunks => chunks.Count;

    /// <summary>Passes the decisions of some chunks between two times, inclusive, and perhaps some others near them, part by part.</summary>
    /// <param name="first">The first chunk.</param>
    /// <param name="end">The chunk behind the last.</param>
    public void EachPart(int first, int end, long from, long to, DecisionPart take)
    {
        for (var chunk = first; chunk < end; chunk++)
        {
            if (chunks[chunk].Latest >= from && chunks[chunk].Earliest <= to)
            {
                var count = Math.Min(ChunkSize, Count - (chunk * ChunkSize));
                var costs = chunks[chunk].Costs is { } known ? known.AsSpan() : [];
                take(chunk * ChunkSize, chunks[chunk].Entries.AsSpan(0, count), costs);
            }
        }
    }
}

/// <summary>Takes a part of the decisions.</summary>
/// <param name="begin">The index of the first.</param>
/// <param name="entries">The decisions.</param>
/// <param name="costs">What each cost, as <see cref="SmallCost"/> numbers it; empty if no cost of any is known.</param>
internal delegate void DecisionPart(int begin, ReadOnlySpan<DecisionEntry> entries, ReadOnlySpan<long> costs);

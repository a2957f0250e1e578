using Pilothouse.Performance;

namespace Pilothouse.Agents;

/// <summary>The sums of a part of the decisions, by agent and type and by agent and period. Not thread-safe.</summary>
/// <param name="period">daily, weekly or monthly.</param>
/// <param name="agents">How many agents there are.</param>
/// <param name="types">How many types all agents have together.</param>
/// <param name="groups">How many groups the book has.</param>
internal sealed class TallyPart(string period, int agents, int types, int groups)
{
    private readonly FigureSums?[] byType = new FigureSums?[types];
    private readonly SortedDictionary<DateTimeOffset, FigureSums?[]> byPeriod = [];
    private readonly Dictionary<int, FigureSums?[]> byDay = [];
    private readonly bool[] isCounted = new bool[groups];
    private int day = -1;
    private FigureSums?[] ofDay = [];

    /// <summary>All sums.</summary>
    public IEnumerable<FigureSums?> Sums => byType.Concat(byPeriod.Values.SelectMany(static row => row));

    /// <summary>Whether a decision of this group was counted.</summary>
    public bool Has(int group) => isCounted[group];

    /// <summary>The sums of an agent and type; null if no decision was counted.</summary>
    public FigureSums? OfType(int type) => byType[type];

    /// <summary>The sums of an agent by period, in the order of time.</summary>
    public IEnumerable<(DateTimeOffset Start, FigureSums Sums)> Periods(int agent) =>
        byPeriod.Where(row => row.Value[agent] is not null).Select(row => (row.Key, row.Value[agent]!));

    /// <summary>Counts a decision.</summary>
    /// <param name="cell">Its agent, and its agent and type.</param>
    /// <returns>The sums in which it is counted.</returns>
    public (FigureSums OfType, FigureSums OfPeriod) Add(in DecisionEntry entry, (int Agent, int Type) cell)
    {
        var (ofType, ofPeriod) = Of(entry, cell);
        isCounted[entry.Group] = true;
        var bucket = entry.ExecutionMs < 0 ? -1 : ExecutionTimes.BucketOf(entry.ExecutionMs);
        ofType.Add(entry, bucket);
        ofPeriod.Add(entry, bucket);
        return (ofType, ofPeriod);
    }

    /// <summary>Returns the sums in which a decision is counted.</summary>
    public (FigureSums OfType, FigureSums OfPeriod) Of(in DecisionEntry entry, (int Agent, int Type) cell)
    {
        var now = (int)(entry.Ticks / TimeSpan.TicksPerDay);
        if (now != day)
        {
            if (!byDay.TryGetValue(now, out ofDay!))
            {
                byDay[now] = ofDay = Row(Period.Of(period, new(entry.Ticks, TimeSpan.Zero)).Start);
            }

            day = now;
        }

        return (byType[cell.Type] ??= new(), ofDay[cell.Agent] ??= new());
    }

    /// <summary>Adds the sums of other decisions.</summary>
    public void Add(TallyPart other)
    {
        Add(byType, other.byType);
        foreach (var (start, row) in other.byPeriod)
        {
            Add(Row(start), row);
        }

        for (var group = 0; group < isCounted.Length; group++)
        {
            isCounted[group] |= other.isCounted[group];
        }
    }

    /// <summary>Adds up the types of each agent.</summary>
    /// <param name="agentOf">The agent of each type.</param>
    public FigureSums?[] OfAgents(IReadOnlyList<int> agentOf)
    {
        var sums = new FigureSums?[agents];
        for (var type = 0; type < byType.Length; type++)
        {
            if (byType[type] is { } part)
            {
                (sums[agentOf[type]] ??= new()).Add(part);
            }
        }

        return sums;
    }

    private FigureSums?[] Row(DateTimeOffset start) => byPeriod.TryGetValue(start, out var row) ? row : byPeriod[start] = new FigureSums?[agents];

    private static void Add(FigureSums?[] mine, FigureSums?[] theirs)
    {
        for (var i = 0; i < mine.Length; i++)
        {
            if (theirs[i] is { } part)
            {
                (mine[i] ??= new()).Add(part);
            }
        }
    }
}

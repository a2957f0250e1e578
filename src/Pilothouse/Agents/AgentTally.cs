using Pilothouse.Performance;

namespace Pilothouse.Agents;

/// <summary>
/// Counts the decisions of a book that a question selects, by agent and type and by agent and period: of a large book one half beside the
/// other, because a million decisions are counted anew after each new one.
/// </summary>
internal sealed class AgentTally
{
    private const double Share = 0.95;

    /// <summary>So few decisions are counted on one thread.</summary>
    private const int Few = 100_000;

    private readonly DecisionBook book;
    private readonly AgentQuestion question;
    private readonly long from;
    private readonly long to;

    /// <summary>The agent, and the agent with the type, of each group; -1 for a group that is not asked for.</summary>
    private readonly (int Agent, int Type)[] cellOf;
    private readonly List<int> agents = [];
    private readonly List<(int Agent, string Type)> types = [];

    private AgentTally(DecisionBook book, AgentQuestion question)
    {
        (this.book, this.question) = (book, question);
        (from, to) = (question.From?.UtcTicks ?? long.MinValue, question.To?.UtcTicks ?? long.MaxValue);
        var cells = new Dictionary<(int Agent, string? Type), int>();
        cellOf = [.. book.Groups.Select(group => CellOf(group, cells))];
    }

    /// <summary>Makes the figures of each agent, in the order of their names.</summary>
    public static List<AgentFigures> Of(DecisionBook book, AgentQuestion question)
    {
        var tally = new AgentTally(book, question);
        if (book.Count <= Few)
        {
            return tally.ToAgents([tally.Count(0, book.Chunks)]);
        }

        var second = Task.Run(() => tally.Count(book.Chunks / 2, book.Chunks));
        var first = tally.Count(0, book.Chunks / 2);
        return tally.ToAgents([first, second.GetAwaiter().GetResult()]);
    }

    private (int Agent, int Type) CellOf(DecisionGroup group, Dictionary<(int Agent, string? Type), int> cells)
    {
        if (!Is(question.Agent, group.Agent) || !Is(question.Role, group.Role) || !Is(question.Type, group.Type) || !Is(question.Bot, group.Bot))
        {
            return (-1, -1);
        }

        if (!cells.TryGetValue((group.Agent, null), out var agent))
        {
            cells[(group.Agent, null)] = agent = agents.Count;
            agents.Add(group.Agent);
        }

        var name = book.Names[group.Type] ?? "";
        if (!cells.TryGetValue((group.Agent, name), out var type))
        {
            cells[(group.Agent, name)] = type = types.Count;
            types.Add((agent, name));
        }

        return (agent, type);
    }

    private bool Is(string? asked, int code) => asked is null || asked == book.Names[code];

    /// <summary>Counts the decisions of some chunks.</summary>
    private TallyPart Count(int first, int end)
    {
        var part = new TallyPart(question.Period, agents.Count, types.Count, cellOf.Length);
        book.EachPart(first, end, from, to, (begin, entries, costs) =>
        {
            for (var i = 0; i < entries.Length; i++)
            {
                ref readonly var entry = ref entries[i];
                if (entry.Group >= 0 && cellOf[entry.Group] is { Agent: >= 0 } cell && entry.Ticks >= from && entry.Ticks <= to)
                {
                    var (ofType, ofPeriod) = part.Add(entry, cell);
                    var cost = costs.Length == 0 ? SmallCost.Unknown : costs[i];
                    if (cost == SmallCost.Odd)
                    {
                        ofType.AddCost(book.CostOf(begin + i)!.Value);
                        ofPeriod.AddCost(book.CostOf(begin + i)!.Value);
                    }
                    else if (cost != SmallCost.Unknown)
                    {
                        ofType.AddCost(cost);
                        ofPeriod.AddCost(cost);
                    }
                }
            }
        });
        return part;
    }

    private List<AgentFigures> ToAgents(List<TallyPart> parts)
    {
        var all = parts[0];
        parts.Skip(1).ToList().ForEach(all.Add);
        var sums = all.OfAgents(types.ConvertAll(static type => type.Agent));
        var isWanted = new bool[ExecutionTimes.Buckets];
        foreach (var sum in all.Sums.Concat(sums).OfType<FigureSums>())
        {
            sum.Times.Seek(Share, isWanted);
        }

        book.EachPart(0, book.Chunks, from, to, (_, entries, _) =>
        {
            foreach (ref readonly var entry in entries)
            {
                if (entry.ExecutionMs >= 0 && ExecutionTimes.BucketOf(entry.ExecutionMs) is var bucket && isWanted[bucket]
                    && entry.Group >= 0 && cellOf[entry.Group] is { Agent: >= 0 } cell && entry.Ticks >= from && entry.Ticks <= to)
                {
                    sums[cell.Agent]!.Times.Offer(entry.ExecutionMs, bucket);
                    var (ofType, ofPeriod) = all.Of(entry, cell);
                    ofType.Times.Offer(entry.ExecutionMs, bucket);
                    ofPeriod.Times.Offer(entry.ExecutionMs, bucket);
                }
            }
        });
        return [.. Enumerable.Range(0, agents.Count).Where(agent => sums[agent] is not null)
            .OrderBy(agent => book.Names[agents[agent]], StringComparer.Ordinal).Select(agent => ToFigures(agent, sums[agent]!, all))];
    }

    private AgentFigures ToFigures(int agent, FigureSums sum, TallyPart all)
    {
        var roles = book.Groups.Where((_, group) => cellOf[group].Agent == agent && all.Has(group)).Select(group => book.Names[group.Role]).OfType<string>();
        var ofTypes = Enumerable.Range(0, types.Count).Where(type => types[type].Agent == agent && all.OfType(type) is not null)
            .Select(type => new TypeFigures(types[type].Type, all.OfType(type)!.ToFigures()));
        return new(
            book.Names[agents[agent]] ?? "", [.. roles.Distinct().Order(StringComparer.Ordinal)],
            new(sum.Span.First, TimeSpan.Zero), new(sum.Span.Last, TimeSpan.Zero), sum.ToFigures(), [.. ofTypes.OrderBy(static type => type.DecisionType, StringComparer.Ordinal)],
            [.. all.Periods(agent).Select(static period => new PeriodOfDecisions(period.Start, period.Sums.ToFigures()))]);
    }
}

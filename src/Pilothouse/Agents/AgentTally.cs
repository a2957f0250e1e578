using Pilothouse.Performance;

namespace Pilothouse.Agents;

/// <summary>Counts the decisions of a book that a question selects, for each agent, role, type and bot in each period, and adds these up.</summary>
internal sealed class AgentTally
{
    private readonly DecisionBook book;
    private readonly AgentQuestion question;
    private readonly FigureSums?[]?[] sums;
    private readonly bool[] isAsked;
    private readonly List<DateTimeOffset> periods = [];
    private readonly Dictionary<int, int> periodOfDay = [];
    private (int Day, int Period) last = (-1, -1);

    private AgentTally(DecisionBook book, AgentQuestion question)
    {
        (this.book, this.question) = (book, question);
        sums = new FigureSums?[]?[book.Groups.Count];
        isAsked = [.. book.Groups.Select(IsAsked)];
    }

    /// <summary>Makes the figures of each agent, in the order of their names.</summary>
    public static List<AgentFigures> Of(DecisionBook book, AgentQuestion question)
    {
        var tally = new AgentTally(book, question);
        var (from, to) = (question.From?.UtcTicks ?? long.MinValue, question.To?.UtcTicks ?? long.MaxValue);
        book.EachPart(from, to, (entries, costs) =>
        {
            for (var i = 0; i < entries.Length; i++)
            {
                ref readonly var entry = ref entries[i];
                if (entry.Group >= 0 && tally.isAsked[entry.Group] && entry.Ticks >= from && entry.Ticks <= to)
                {
                    var sum = tally.SumsOf(entry.Group, entry.Ticks);
                    sum.Add(entry);
                    if (costs is not null && costs[i].IsKnown)
                    {
                        sum.AddCost(costs[i].Cost);
                    }
                }
            }
        });
        return tally.ToAgents();
    }

    private bool IsAsked(DecisionGroup group) =>
        Is(question.Agent, group.Agent) && Is(question.Role, group.Role) && Is(question.Type, group.Type) && Is(question.Bot, group.Bot);

    private bool Is(string? asked, int code) => asked is null || asked == book.Names[code];

    private FigureSums SumsOf(int group, long ticks)
    {
        var day = (int)(ticks / TimeSpan.TicksPerDay);
        if (last.Day != day)
        {
            if (!periodOfDay.TryGetValue(day, out var number))
            {
                var start = Period.Of(question.Period, new(ticks, TimeSpan.Zero)).Start;
                number = periods.IndexOf(start);
                if (number < 0)
                {
                    number = periods.Count;
                    periods.Add(start);
                }

                periodOfDay[day] = number;
            }

            last = (day, number);
        }

        ref var row = ref sums[group];
        if (row is null || row.Length <= last.Period)
        {
            Array.Resize(ref row, Math.Max(16, last.Period * 2));
        }

        return row[last.Period] ??= new();
    }

    private List<AgentFigures> ToAgents()
    {
        var agents = new List<AgentFigures>();
        var counted = Enumerable.Range(0, sums.Length).Where(group => sums[group] is not null);
        foreach (var agent in counted.GroupBy(group => book.Groups[group].Agent).OrderBy(agent => book.Names[agent.Key], StringComparer.Ordinal))
        {
            var all = new FigureSums();
            var types = new SortedDictionary<string, FigureSums>(StringComparer.Ordinal);
            var byPeriod = new SortedDictionary<DateTimeOffset, FigureSums>();
            foreach (var group in agent)
            {
                for (var period = 0; period < sums[group]!.Length; period++)
                {
                    if (sums[group]![period] is { } part)
                    {
                        all.Add(part);
                        Of(types, book.Names[book.Groups[group].Type] ?? "").Add(part);
                        Of(byPeriod, periods[period]).Add(part);
                    }
                }
            }

            string[] roles = [.. agent.Select(group => book.Names[book.Groups[group].Role]).OfType<string>().Distinct().Order(StringComparer.Ordinal)];
            agents.Add(new(
                book.Names[agent.Key] ?? "", roles, new(all.Span.First, TimeSpan.Zero), new(all.Span.Last, TimeSpan.Zero), all.ToFigures(),
                [.. types.Select(static type => new TypeFigures(type.Key, type.Value.ToFigures()))],
                [.. byPeriod.Select(static period => new PeriodOfDecisions(period.Key, period.Value.ToFigures()))]));
        }

        return agents;

        static FigureSums Of<TKey>(SortedDictionary<TKey, FigureSums> by, TKey key)
            where TKey : notnull =>
            by.TryGetValue(key, out var known) ? known : by[key] = new();
    }
}

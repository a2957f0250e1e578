namespace Pilothouse.Costs;

/// <summary>The sums of all stored uses by day and <see cref="CostKey"/>, and on which day each use was counted. Not thread-safe.</summary>
internal sealed class CostCube
{
    private const int BitsOfPart = 12;
    private const int RowsOfPart = 1 << BitsOfPart;

    /// <summary>Of the days that are counted from; 0 stands for a use that was not counted.</summary>
    private static readonly int FirstDay = new DateOnly(1990, 1, 1).DayNumber;

    private static readonly Dictionary<CostKey, CostSums> Nothing = [];

    private readonly Dictionary<DateOnly, Dictionary<CostKey, CostSums>> days = [];
    private readonly Dictionary<long, ushort[]> dayOfUse = [];

    /// <summary>The sums of a day; empty if it has none.</summary>
    public IReadOnlyDictionary<CostKey, CostSums> this[DateOnly day] => days.TryGetValue(day, out var sums) ? sums : Nothing;

    /// <summary>The days that have uses, in their order.</summary>
    public IEnumerable<DateOnly> Days => days.Keys.Order();

    /// <summary>Counts a use. One without a readable time, or far from today (before 1990, after June 2169), is on no day.</summary>
    public void Add(in CostUse use)
    {
        if (use.Day is not { } day || NumberOf(day) is not { } number)
        {
            return;
        }

        CostSums.Of(Of(day), use.Key).Add(use);
        Note(use.Id, number);
    }

    /// <summary>Counts what another one has counted, of other uses.</summary>
    public void Add(CostCube other)
    {
        foreach (var (day, sums) in other.days)
        {
            var mine = Of(day);
            foreach (var (key, sum) in sums)
            {
                CostSums.Of(mine, key).Add(sum);
            }
        }

        foreach (var (number, part) in other.dayOfUse)
        {
            if (!dayOfUse.TryAdd(number, part))
            {
                var known = dayOfUse[number];
                for (var i = 0; i < RowsOfPart; i++)
                {
                    known[i] = part[i] > 0 ? part[i] : known[i];
                }
            }
        }
    }

    /// <summary>Counts the uses of a day anew.</summary>
    public void Replace(DateOnly day, IEnumerable<CostUse> uses)
    {
        days.Remove(day);
        foreach (var use in uses)
        {
            Add(use);
        }
    }

    /// <summary>Forgets the days before one.</summary>
    public void ForgetBefore(DateOnly day)
    {
        foreach (var old in days.Keys.Where(one => one < day).ToList())
        {
            days.Remove(old);
        }
    }

    /// <summary>On which day a use was counted; null if it was not.</summary>
    public DateOnly? DayOf(long id) =>
        dayOfUse.TryGetValue(id >> BitsOfPart, out var part) && part[Place(id)] is > 0 and var number ? DateOnly.FromDayNumber(FirstDay + number) : null;

    /// <summary>Notes that a use is gone.</summary>
    public void Forget(long id) => Note(id, 0);

    /// <summary>The sums of the days of a month (UTC).</summary>
    /// <param name="first">The first day of the month.</param>
    public IEnumerable<KeyValuePair<CostKey, CostSums>> OfMonth(DateOnly first) =>
        Enumerable.Range(0, DateTime.DaysInMonth(first.Year, first.Month)).SelectMany(day => this[first.AddDays(day)]);

    /// <summary>The sum of a month (UTC), by bot.</summary>
    /// <param name="first">The first day of the month.</param>
    public Dictionary<string, CostSums> OfMonthByBot(DateOnly first)
    {
        var bots = new Dictionary<string, CostSums>(StringComparer.Ordinal);
        foreach (var (key, sum) in OfMonth(first))
        {
            CostSums.Of(bots, key.Bot ?? "").Add(sum);
        }

        return bots;
    }

    private static ushort? NumberOf(DateOnly day) => day.DayNumber - FirstDay is > 0 and <= ushort.MaxValue and var number ? (ushort)number : null;

    private static int Place(long id) => (int)(id & (RowsOfPart - 1));

    private Dictionary<CostKey, CostSums> Of(DateOnly day) => days.TryGetValue(day, out var sums) ? sums : days[day] = [];

    private void Note(long id, ushort number)
    {
        if (!dayOfUse.TryGetValue(id >> BitsOfPart, out var part))
        {
            if (number == 0)
            {
                return;
            }

            dayOfUse[id >> BitsOfPart] = part = new ushort[RowsOfPart];
        }

        part[Place(id)] = number;
    }
}

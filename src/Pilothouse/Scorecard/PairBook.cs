using Pilothouse.Prices;

namespace Pilothouse.Scorecard;

/// <summary>
/// The signals of one pair that have a time and a price, in the order of their times, and how the price moved from every full hour (UTC)
/// between the first and the last of them, which is the base rate. Not thread-safe.
/// </summary>
/// <param name="name">The pair in capitals.</param>
/// <param name="book">Holds the signals.</param>
internal sealed class PairBook(string name, ScoreBook book)
{
    /// <summary>What a price can be, as for all prices of signals.</summary>
    private const double LeastPrice = 1e-28;

    private const double MostPrice = 7.9e28;

    private readonly List<int> signals = [];
    private readonly List<byte> hours = [];
    private long firstHour;
    private bool isArranged;
    private bool isSorted = true;

    public string Name => name;

    public int Count => signals.Count;

    public int Hours => hours.Count;

    /// <summary>Returns the signal at a place in the order of times.</summary>
    public int this[int place] => signals[place];

    public DateTimeOffset TimeAt(int place) => book.TimeOf(signals[place]);

    public DateTimeOffset HourAt(int place) => new(firstHour + (place * TimeSpan.TicksPerHour), TimeSpan.Zero);

    public void Add(int signal)
    {
        var time = book.TimeOf(signal);
        var isBehind = signals.Count == 0 || book.TimeOf(signals[^1]) <= time;
        if (isArranged && !isBehind)
        {
            signals.Insert(PlaceAfter(time.UtcTicks, signals.Count, place => TimeAt(place).UtcTicks), signal);
            return;
        }

        isSorted = isSorted && isBehind;
        signals.Add(signal);
    }

    /// <summary>Puts the signals in order, and makes room for the hours between them.</summary>
    /// <returns>The places of hours that are new.</returns>
    /// <param name="now">Later hours get no room yet.</param>
    public IEnumerable<int> Arrange(DateTimeOffset now)
    {
        if (signals.Count == 0)
        {
            return [];
        }

        if (!isSorted)
        {
            Sort();
        }

        isArranged = true;
        var (first, last) = (HourBefore(TimeAt(0).UtcTicks), Math.Min(HourAfter(TimeAt(signals.Count - 1).UtcTicks), HourAfter(now.UtcTicks)));
        firstHour = hours.Count == 0 ? first : firstHour;
        var before = (int)Math.Max(0, (firstHour - first) / TimeSpan.TicksPerHour);
        hours.InsertRange(0, new byte[before]);
        firstHour -= before * TimeSpan.TicksPerHour;
        var known = hours.Count;
        hours.AddRange(new byte[Math.Max(0, (int)((last - firstHour) / TimeSpan.TicksPerHour) + 1 - known)]);
        return [.. Enumerable.Range(0, before), .. Enumerable.Range(known, hours.Count - known)];
    }

    /// <summary>Returns the prices that the signals told from one time to another, both inclusive, once they are arranged.</summary>
    public PriceLine PricesOf(DateTimeOffset from, DateTimeOffset to)
    {
        var line = new PriceLine();
        var first = from.UtcTicks - (from.UtcTicks % TimeSpan.TicksPerMillisecond);
        for (var place = PlaceAfter(first - 1, signals.Count, place => TimeAt(place).UtcTicks); place < signals.Count && TimeAt(place) <= to; place++)
        {
            if (book.PriceOf(signals[place]) is >= LeastPrice and <= MostPrice and var price)
            {
                line.Add(TimeAt(place).UtcTicks, price, 0);
            }
        }

        return line;
    }

    public void JudgeHour(int place, byte outcome) => hours[place] = outcome;

    /// <summary>Counts the outcomes of a horizon over the full hours from before one time to after another.</summary>
    /// <param name="first">In ticks.</param>
    /// <param name="last">In ticks.</param>
    /// <param name="horizon">Its place in <see cref="Horizon.All"/>.</param>
    public (long Rose, long Fell, long All) Base(long first, long last, int horizon)
    {
        var (from, to) = ((HourBefore(first) - firstHour) / TimeSpan.TicksPerHour, (HourAfter(last) - firstHour) / TimeSpan.TicksPerHour);
        var (rose, fell, all) = (0L, 0L, 0L);
        for (var i = (int)Math.Max(0, from); i <= to && i < hours.Count; i++)
        {
            var outcome = SignalOutcome.At(hours[i], horizon);
            rose += outcome == SignalOutcome.Rose ? 1 : 0;
            fell += outcome == SignalOutcome.Fell ? 1 : 0;
            all += outcome != SignalOutcome.Unknown ? 1 : 0;
        }

        return (rose, fell, all);
    }

    /// <summary>Whether there is anything to judge in spans of time, or something to arrange.</summary>
    public bool Touches(StaleSpans spans) => !isSorted || hours.Count == 0 || SignalsIn(spans.Signals).Count > 0 || HoursIn(spans.Hours).Count > 0;

    /// <summary>Returns the places of the signals in spans of time, in order.</summary>
    public List<int> SignalsIn(IEnumerable<(long From, long To)> spans) => In(spans, signals.Count, place => TimeAt(place).UtcTicks);

    /// <summary>Returns the places of the hours in spans of time, in order.</summary>
    public List<int> HoursIn(IEnumerable<(long From, long To)> spans) => In(spans, hours.Count, place => HourAt(place).UtcTicks);

    private void Sort()
    {
        var items = signals.ToArray();
        var times = Array.ConvertAll(items, signal => book.TimeOf(signal).UtcTicks);
        Array.Sort(times, items);
        for (var (first, end) = (0, 1); first < items.Length; (first, end) = (end, end + 1))
        {
            while (end < items.Length && times[end] == times[first])
            {
                end++;
            }

            // The sort does not keep the order of equal times, which is that of the ids.
            Array.Sort(items, first, end - first);
        }

        signals.Clear();
        signals.AddRange(items);
        isSorted = true;
    }

    private static List<int> In(IEnumerable<(long From, long To)> spans, int count, Func<int, long> timeOf)
    {
        var places = new List<int>();
        var next = 0;
        foreach (var (from, to) in spans.OrderBy(static span => span.From))
        {
            for (next = Math.Max(next, PlaceAfter(from - 1, count, timeOf)); next < count && timeOf(next) <= to; next++)
            {
                places.Add(next);
            }
        }

        return places;
    }

    /// <summary>Returns the first place whose time is later.</summary>
    private static int PlaceAfter(long time, int count, Func<int, long> timeOf)
    {
        var (low, high) = (0, count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = timeOf(middle) <= time ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    private static long HourBefore(long ticks) => ticks - (ticks % TimeSpan.TicksPerHour);

    private static long HourAfter(long ticks) => HourBefore(ticks + TimeSpan.TicksPerHour - 1);
}

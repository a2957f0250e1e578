using Pilothouse.Storage;

namespace Pilothouse.Performance;

/// <summary>
/// Profit per calendar day. Apart from the daily returns, this is the only thing that the figures keep per day and not as a running sum. A
/// day is listed if a trade closed on it.
/// </summary>
internal sealed class DailyPnl
{
    private readonly List<(DateOnly Date, MoneySum Pnl)> days = [];
    private bool tooLarge;

    /// <summary>The first day and the last day on which a trade closed; null without trades.</summary>
    public (DateOnly First, DateOnly Last)? Span => days.Count == 0 ? null : (days[0].Date, days[^1].Date);

    public void Add(decimal pnl, DateOnly date)
    {
        var index = DayList.Find(days, date);
        if (index < 0)
        {
            index = ~index;
            days.Insert(index, (date, default));
        }

        var sum = days[index].Pnl.Plus(pnl);
        days[index] = (date, sum);
        tooLarge |= sum.Overflowed;
    }

    /// <summary>
    /// Returns the day with the largest profit, the earliest if several are equal. Only days on which a trade closed count.
    /// </summary>
    public Figure<DayPnl> Best() => Pick(static (day, best) => day > best);

    /// <summary>
    /// Returns the day with the smallest profit, the earliest if several are equal. Only days on which a trade closed count.
    /// </summary>
    public Figure<DayPnl> Worst() => Pick(static (day, worst) => day < worst);

    private Figure<DayPnl> Pick(Func<decimal, decimal, bool> beats)
    {
        if (days.Count == 0)
        {
            return Reasons.NoTrades;
        }

        if (tooLarge)
        {
            return Reasons.TooLarge;
        }

        var picked = days[0];
        foreach (var day in days)
        {
            picked = beats(day.Pnl.Amount, picked.Pnl.Amount) ? day : picked;
        }

        return new DayPnl(picked.Date, picked.Pnl.Amount);
    }
}

/// <summary>Lists of values by day, in the order of the days.</summary>
internal static class DayList
{
    /// <summary>Returns the index of a day; if it is missing, the bitwise complement of the index at which it belongs.</summary>
    public static int Find<T>(List<(DateOnly Day, T Value)> days, DateOnly day)
    {
        // If clocks are set back over midnight (St John's, until 2011), a later trade can belong to the day before.
        var index = days.Count - 1;
        while (index >= 0 && days[index].Day > day)
        {
            index--;
        }

        return index >= 0 && days[index].Day == day ? index : ~(index + 1);
    }
}

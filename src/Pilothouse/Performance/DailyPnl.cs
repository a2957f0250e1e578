using Pilothouse.Storage;

namespace Pilothouse.Performance;

/// <summary>What happened on one calendar day.</summary>
internal sealed class DayResult
{
    public MoneySum Pnl { get; private set; }

    public MoneySum Fees { get; private set; }

    public long Trades { get; private set; }

    public long Won { get; private set; }

    public long Lost { get; private set; }

    /// <summary>What came or went without being a return.</summary>
    public MoneySum Flows { get; set; }

    /// <summary>The equity after the last event of the day.</summary>
    public MoneySum Equity { get; set; }

    public void Add(in ClosedTrade trade)
    {
        Pnl = Pnl.Plus(trade.Pnl);
        Fees = Fees.Plus(trade.Fees);
        Trades++;
        var sign = Math.Sign(trade.Pnl);
        Won += sign > 0 ? 1 : 0;
        Lost += sign < 0 ? 1 : 0;
    }

    /// <summary>Returns what the trades of the day did, without the equity.</summary>
    public DayResult OfTrades() => new() { Pnl = Pnl, Fees = Fees, Trades = Trades, Won = Won, Lost = Lost };
}

/// <summary>
/// Profit per calendar day. Apart from the daily returns, this is the only thing that the figures keep per day and not as a running sum. A
/// day is listed if a trade closed on it, or if money came or went.
/// </summary>
internal sealed class DailyPnl
{
    private readonly List<(DateOnly Day, DayResult Result)> days = [];
    private bool tooLarge;

    /// <summary>The days in order.</summary>
    public IReadOnlyList<(DateOnly Day, DayResult Result)> Days => days;

    /// <summary>The first day and the last day on which a trade closed; null without trades.</summary>
    public (DateOnly First, DateOnly Last)? Span
    {
        get
        {
            var first = days.FindIndex(static day => day.Result.Trades > 0);
            return first < 0 ? null : (days[first].Day, days[days.FindLastIndex(static day => day.Result.Trades > 0)].Day);
        }
    }

    /// <summary>Returns a copy with the days on which trades closed.</summary>
    public DailyPnl OfTrades()
    {
        var copy = new DailyPnl { tooLarge = tooLarge };
        copy.days.AddRange(days.Where(static day => day.Result.Trades > 0).Select(static day => (day.Day, day.Result.OfTrades())));
        return copy;
    }

    public void Add(in ClosedTrade trade, DateOnly date)
    {
        var day = On(date);
        day.Add(trade);
        tooLarge |= day.Pnl.Overflowed;
    }

    /// <summary>Returns what happened on a day, until now.</summary>
    public DayResult On(DateOnly date)
    {
        var index = DayList.Find(days, date);
        if (index < 0)
        {
            index = ~index;
            days.Insert(index, (date, new DayResult()));
        }

        return days[index].Result;
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
        if (tooLarge)
        {
            return Reasons.TooLarge;
        }

        DayPnl? picked = null;
        foreach (var (day, result) in days)
        {
            if (result.Trades > 0 && (picked is not { } known || beats(result.Pnl.Amount, known.Pnl)))
            {
                picked = new DayPnl(day, result.Pnl.Amount);
            }
        }

        return picked is { } found ? found : Reasons.NoTrades;
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

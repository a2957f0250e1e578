using Pilothouse.Storage;

namespace Pilothouse.Performance;

/// <summary>
/// Profit per calendar day of one time zone: the only thing that the figures keep per day rather than as a running sum. A day is
/// listed if a trade closed on it.
/// </summary>
internal sealed class DailyPnl(TimeZoneInfo zone)
{
    private readonly List<(DateOnly Date, MoneySum Pnl)> days = [];
    private bool tooLarge;

    /// <summary>Every calendar day from the first to the last close, days without trades included; 0 without trades.</summary>
    public int CalendarDays => days.Count == 0 ? 0 : days[^1].Date.DayNumber - days[0].Date.DayNumber + 1;

    public void Add(decimal pnl, DateTimeOffset closedAt)
    {
        var date = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(closedAt, zone).DateTime);

        // Where clocks are turned back over midnight (St John's, until 2011) a later trade can belong to the day before.
        var index = days.Count - 1;
        while (index >= 0 && days[index].Date > date)
        {
            index--;
        }

        if (index < 0 || days[index].Date != date)
        {
            days.Insert(++index, (date, default));
        }

        var sum = days[index].Pnl.Plus(pnl);
        days[index] = (date, sum);
        tooLarge |= sum.Overflowed;
    }

    /// <summary>The day with the largest profit, the earliest of equals; only days with a close take part.</summary>
    public Figure<DayPnl> Best() => Pick(static (day, best) => day > best);

    /// <summary>The day with the smallest profit, the earliest of equals; only days with a close take part.</summary>
    public Figure<DayPnl> Worst() => Pick(static (day, worst) => day < worst);

    /// <summary>
    /// Simple daily returns: a day's pnl ÷ equity at the end of the day before, the first day's ÷ the starting balance. Null if
    /// there is no starting balance, or if equity stood at or below 0 where it would divide, also on days without trades.
    /// </summary>
    public (DailyReturns? Returns, string? Reason) Returns(decimal? startingBalance)
    {
        if (startingBalance is not { } balance)
        {
            return (null, Reasons.NoStartingBalance);
        }

        if (balance <= 0)
        {
            return (null, Reasons.StartingBalanceNotPositive);
        }

        var equity = new MoneySum(balance, false);
        var returns = new double[days.Count];
        for (var index = 0; index < returns.Length; index++)
        {
            if (tooLarge || equity.Overflowed)
            {
                return (null, Reasons.TooLarge);
            }

            if (equity.Amount <= 0)
            {
                return (null, Reasons.EquityNotPositive);
            }

            returns[index] = Exact.ToDouble(days[index].Pnl.Amount) / Exact.ToDouble(equity.Amount);
            equity = equity.Plus(days[index].Pnl.Amount);
        }

        return (new DailyReturns(returns, CalendarDays), null);
    }

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

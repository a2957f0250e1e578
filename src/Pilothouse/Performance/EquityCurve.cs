using Pilothouse.Storage;

namespace Pilothouse.Performance;

/// <summary>One fall from a peak: what was lost, the peak it fell from and when the two trades closed.</summary>
/// <param name="Amount">Peak − trough, 0 or more.</param>
/// <param name="Peak">The peak.</param>
/// <param name="From">Close of the peak's trade; null if the peak is the start.</param>
/// <param name="To">Close of the trough's trade; null if there was no fall.</param>
internal readonly record struct Fall(decimal Amount, decimal Peak, DateTimeOffset? From, DateTimeOffset? To);

/// <summary>
/// Equity, and the returns that closes made of it (docs/metrics.md, "Equity"). A close's return is its pnl ÷ equity just before it.
/// Money that comes or goes without being a return (an account that joins, a trade that was not asked for) changes the equity that
/// later returns divide by, and nothing else. So the curve is Π (1 + return); it is kept in the measure of the equity of the moment:
/// where money moves, its start and its peak are scaled with it, and without such moves they are the plain amounts.
/// The fall in percent is the maximum drawdown of Magdon-Ismail and Atiya (2004) on that curve; of equal falls the first counts, and
/// of equal peaks the first. Equity at or below 0 ends the curve at −100 %.
/// </summary>
internal sealed class EquityCurve(decimal? startingBalance)
{
    private readonly DailyReturnSums days = new();
    private MoneySum equity = new(startingBalance ?? 0, false);
    private decimal start = startingBalance ?? 0;
    private decimal peak = startingBalance ?? 0;
    private DateTimeOffset? peakAt;
    private decimal deepestShare;
    private Fall deepest;
    private bool ended;
    private bool tooLarge;

    private bool IsOver => startingBalance is not > 0 || ended || tooLarge;

    /// <summary>Why there is no figure in percent; null where there is one.</summary>
    private string? NoPercent => startingBalance switch
    {
        null => Reasons.NoStartingBalance,
        <= 0 => Reasons.StartingBalanceNotPositive,
        _ => tooLarge ? Reasons.TooLarge : null,
    };

    /// <summary>Why nothing can be said of the returns; null where something can.</summary>
    private string? NoReturns => NoPercent ?? (ended ? Reasons.EquityNotPositive : null);

    /// <summary>A close whose return counts.</summary>
    public void Add(decimal pnl, DateTimeOffset closedAt, DateOnly day)
    {
        if (IsOver)
        {
            return;
        }

        var before = equity.Amount;
        if (Move(pnl, closedAt))
        {
            days.Add(day, before, pnl);
            Follow(closedAt);
        }
    }

    /// <summary>Money that comes or goes without being a return of the trades that were asked for.</summary>
    public void Shift(decimal amount, DateTimeOffset at)
    {
        var before = equity.Amount;
        if (IsOver || amount == 0 || !Move(amount, at))
        {
            return;
        }

        days.Break();
        try
        {
            var scale = equity.Amount / before;
            (start, peak) = (start * scale, peak * scale);
        }
        catch (OverflowException)
        {
            tooLarge = true;
        }
    }

    /// <summary>The largest fall in percent of its peak; null without a starting balance above 0.</summary>
    public Figure<Fall> LargestInPercent() => NoPercent is { } reason ? reason : deepest;

    /// <summary>The fall in percent (0–100) of its peak.</summary>
    public static double Percent(in Fall fall) =>
        fall.Amount == 0 ? 0 : Exact.ToDouble(fall.Amount) / Exact.ToDouble(fall.Peak) * 100;

    /// <summary>The returns of the days on which trades closed, among as many calendar days; null, with the reason, where they end.</summary>
    public (DailyReturns? Returns, string? Reason) Returns(int calendarDays) =>
        NoReturns is { } reason ? (null, reason) : (new(days.ToArray(), calendarDays), null);

    /// <summary>Growth per year over so many days.</summary>
    public Figure<double> Cagr(int calendarDays) =>
        NoReturns is { } reason ? reason
        : Ratios.Cagr(Exact.ToDouble(start), Exact.ToDouble(equity.Amount), calendarDays);

    /// <summary>Changes the equity.</summary>
    /// <returns>Whether the curve goes on.</returns>
    private bool Move(decimal amount, DateTimeOffset at)
    {
        equity = equity.Plus(amount);
        if (equity.Overflowed)
        {
            tooLarge = true;
        }
        else if (equity.Amount <= 0)
        {
            ended = true;
            deepest = new Fall(peak, peak, peakAt, at);
        }

        return !IsOver;
    }

    private void Follow(DateTimeOffset closedAt)
    {
        if (equity.Amount > peak)
        {
            (peak, peakAt) = (equity.Amount, closedAt);
            return;
        }

        var fall = new Fall(peak - equity.Amount, peak, peakAt, closedAt);
        if (fall.Amount / peak is var share && share > deepestShare)
        {
            (deepestShare, deepest) = (share, fall);
        }
    }
}

/// <summary>
/// The return of each day on which trades closed. Closes between which no other money moved make one return, pnl ÷ equity before the
/// first of them, so that nothing is lost to rounding; the returns of a day compound.
/// </summary>
internal sealed class DailyReturnSums
{
    private readonly List<(DateOnly Day, double Return)> days = [];
    private (DateOnly Day, decimal Before, decimal Pnl)? open;

    public void Add(DateOnly day, decimal before, decimal pnl)
    {
        if (open is { } run && run.Day == day)
        {
            open = run with { Pnl = run.Pnl + pnl };
            return;
        }

        Break();
        open = (day, before, pnl);
    }

    /// <summary>Other money moves now: what closes after it divides by another equity.</summary>
    public void Break()
    {
        if (open is not { } run)
        {
            return;
        }

        open = null;

        var index = DayList.Find(days, run.Day);
        var value = Return(run.Before, run.Pnl);
        if (index >= 0)
        {
            days[index] = (run.Day, Compound(days[index].Return, value));
        }
        else
        {
            days.Insert(~index, (run.Day, value));
        }
    }

    public double[] ToArray()
    {
        var returns = days.ConvertAll(static day => day.Return);
        if (open is { } run)
        {
            var index = DayList.Find(days, run.Day);
            var value = Return(run.Before, run.Pnl);
            if (index >= 0)
            {
                returns[index] = Compound(returns[index], value);
            }
            else
            {
                returns.Insert(~index, value);
            }
        }

        return [.. returns];
    }

    private static double Return(decimal before, decimal pnl) => Exact.ToDouble(pnl) / Exact.ToDouble(before);

    /// <summary>(1 + a)(1 + b) − 1 without the digits that a 1 would take.</summary>
    private static double Compound(double a, double b) => a + b + (a * b);
}

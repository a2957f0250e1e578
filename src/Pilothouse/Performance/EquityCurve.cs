using Pilothouse.Storage;

namespace Pilothouse.Performance;

/// <summary>One fall from a peak: the loss, the peak, and when the trades of the peak and the trough closed.</summary>
/// <param name="Amount">Peak − trough, 0 or more.</param>
/// <param name="Peak">The peak.</param>
/// <param name="From">Close of the peak's trade; null if the peak is the start.</param>
/// <param name="To">Close of the trough's trade; null if there was no fall.</param>
internal readonly record struct Fall(decimal Amount, decimal Peak, DateTimeOffset? From, DateTimeOffset? To);

/// <summary>
/// The equity, and the returns of closed trades (docs/metrics.md, "Equity"). The return of a close is its pnl ÷ the equity just before it.
/// Other changes of the equity (an account that joins, a trade outside of the request) are not returns: they only change the equity that
/// later returns are divided by. The curve is therefore Π (1 + return). It is kept in units of the current equity: at each such change its
/// start and its peak are scaled by the same factor, and without such changes they are the plain amounts. The fall in percent is the
/// maximum drawdown of Magdon-Ismail and Atiya (2004) on this curve; of equal falls, and of equal peaks, the first counts. An equity at or
/// below 0 ends the curve at −100 %.
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

    /// <summary>Why there is no figure in percent; null if there is one.</summary>
    private string? NoPercent => startingBalance switch
    {
        null => Reasons.NoStartingBalance,
        <= 0 => Reasons.StartingBalanceNotPositive,
        _ => tooLarge ? Reasons.TooLarge : null,
    };

    /// <summary>Why the returns are unknown; null if they are known.</summary>
    private string? NoReturns => NoPercent ?? (ended ? Reasons.EquityNotPositive : null);

    /// <summary>Adds a close whose return counts.</summary>
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

    /// <summary>Changes the equity without a return: by money that comes or goes for another reason than the selected trades.</summary>
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

    /// <summary>Returns the largest fall in percent of its peak; a reason if there is no starting balance above 0.</summary>
    public Figure<Fall> LargestInPercent() => NoPercent is { } reason ? reason : deepest;

    /// <summary>Returns the fall in percent of its peak (0 to 100).</summary>
    public static double Percent(in Fall fall) =>
        fall.Amount == 0 ? 0 : Exact.ToDouble(fall.Amount) / Exact.ToDouble(fall.Peak) * 100;

    /// <summary>
    /// Returns the returns of the days on which trades closed, out of so many calendar days; null and the reason if they are unknown.
    /// </summary>
    public (DailyReturns? Returns, string? Reason) Returns(int calendarDays) =>
        NoReturns is { } reason ? (null, reason) : (new(days.ToArray(), calendarDays), null);

    /// <summary>Returns the growth per year over so many days.</summary>
    public Figure<double> Cagr(int calendarDays) =>
        NoReturns is { } reason ? reason
        : Ratios.Cagr(Exact.ToDouble(start), Exact.ToDouble(equity.Amount), calendarDays);

    /// <summary>Changes the equity.</summary>
    /// <returns>False if the equity is now at or below 0, or too large: the curve has ended.</returns>
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
/// Computes the return of each day on which trades closed. Closes without another change of the equity in between form one return, their
/// pnl ÷ the equity before the first of them, so that nothing is lost to rounding; such returns of a day compound.
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

    /// <summary>The equity changes now for another reason than a close: later closes are divided by another equity.</summary>
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

    /// <summary>Returns (1 + a)(1 + b) − 1 without the loss of digits that adding 1 would cause.</summary>
    private static double Compound(double a, double b) => a + b + (a * b);
}

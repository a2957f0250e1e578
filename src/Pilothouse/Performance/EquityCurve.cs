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
/// Other changes of the equity (a deposit, an account that joins, a trade outside of the request) are not returns: they only change the
/// equity that later returns are divided by. The curve is therefore Π (1 + return). It is kept in units of the equity: before the first
/// return after such changes its start and its peak are scaled by the factor of all of them, and without such changes they are the plain
/// amounts. The fall in percent is the maximum drawdown of Magdon-Ismail and Atiya (2004) on this curve; of equal falls, and of equal
/// peaks, the first counts. A trade that begins or ends with an equity at or below 0 ends the curve at −100 %; money that was taken out and
/// is brought back before the next trade does not.
/// </summary>
internal sealed class EquityCurve(decimal? startingBalance)
{
    /// <summary>A share that is smaller than the deepest one by more than this is no new deepest one, however doubles are rounded.</summary>
    private const double Doubt = 1e-12;

    private readonly DailyReturnSums days = new();
    private MoneySum equity = new(startingBalance ?? 0, false);
    private MoneySum flows;
    private decimal start = startingBalance ?? 0;
    private decimal peak = startingBalance ?? 0;
    private DateTimeOffset? peakAt;
    private decimal deepestShare;
    private double nearlyDeepestShare;

    /// <summary>The lowest equity since the peak; null if the peak has been scaled since. Nothing above it is a deeper fall.</summary>
    private decimal? lowest;
    private Fall deepest;

    /// <summary>The equity before the changes without a return to which the curve has not been scaled yet; null if it is up to date.</summary>
    private decimal? unscaled;

    /// <summary>Nearly the fall from the peak now; null if it is to be computed.</summary>
    private double? nearFall;
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

    /// <summary>Where the curve is now; null if there are no percent figures.</summary>
    public CurvePlace? Place => NoPercent is not null ? null : ended ? new CurvePlace(0, 1, 1) : new CurvePlace(Value, start, peak);

    /// <summary>Nearly the fall from the peak as a share of it, to compare many places; 0 if there are no percent figures.</summary>
    public double NearDrawdown => nearFall ??= Place?.NearDrawdown ?? 0;

    /// <summary>The curve in the units of its start and its peak.</summary>
    private decimal Value => unscaled ?? equity.Amount;

    /// <summary>How often the curve has risen to a new peak, and how often it has fallen deeper than ever.</summary>
    public (long Peaks, long Troughs) Marks { get; private set; }

    /// <summary>Adds a close whose return counts.</summary>
    public void Add(decimal pnl, DateTimeOffset closedAt, DateOnly day)
    {
        if (IsOver || !Settle(closedAt) || !Scale())
        {
            return;
        }

        var before = equity.Amount;
        nearFall = null;
        if (Move(pnl, closedAt))
        {
            days.Add(day, before, pnl);
            Follow(closedAt);
        }
    }

    /// <summary>Adds money that comes or goes. It is divided by from the next trade on.</summary>
    public void Flow(decimal amount) => flows = flows.Plus(amount);

    /// <summary>Adds a trade that changes the equity, and whose return does not count.</summary>
    public void Shift(decimal pnl, DateTimeOffset at)
    {
        if (IsOver || !Settle(at))
        {
            return;
        }

        if (pnl != 0)
        {
            unscaled ??= equity.Amount;
            Move(pnl, at);
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

    /// <summary>Returns the return of each day on which trades closed; null if they are unknown.</summary>
    public IReadOnlyList<(DateOnly Day, double Return)>? ReturnsByDay() => NoReturns is null ? days.ByDay() : null;

    /// <summary>Returns the growth per year over so many days.</summary>
    public Figure<double> Cagr(int calendarDays) =>
        NoReturns is { } reason ? reason
        : Ratios.Cagr(Exact.ToDouble(start), Exact.ToDouble(Value), calendarDays);

    /// <summary>Adds what has flowed since the trade before to the equity.</summary>
    /// <returns>False if there is nothing to divide by: the curve has ended.</returns>
    private bool Settle(DateTimeOffset at)
    {
        if (flows == default)
        {
            return true;
        }

        unscaled ??= equity.Amount;
        equity = equity.Plus(flows);
        flows = default;
        return Goes(at);
    }

    /// <summary>Keeps the shape of the curve where the equity changed without a return.</summary>
    /// <returns>False if its amounts are too large now.</returns>
    private bool Scale()
    {
        if (unscaled is not { } before)
        {
            return true;
        }

        days.Break();
        unscaled = null;
        try
        {
            var scale = equity.Amount / before;
            (start, peak) = (start * scale, peak * scale);
            lowest = null;
        }
        catch (OverflowException)
        {
            (tooLarge, nearFall) = (true, null);
        }

        return !tooLarge;
    }

    /// <summary>Changes the equity by the result of a trade.</summary>
    /// <returns>False if the equity is now at or below 0, or too large: the curve has ended.</returns>
    private bool Move(decimal amount, DateTimeOffset at)
    {
        equity = equity.Plus(amount);
        return Goes(at);
    }

    private bool Goes(DateTimeOffset at)
    {
        if (equity.Overflowed)
        {
            (tooLarge, nearFall) = (true, null);
        }
        else if (equity.Amount <= 0)
        {
            (ended, nearFall) = (true, null);
            deepest = new Fall(peak, peak, peakAt, at);
            Marks = (Marks.Peaks, Marks.Troughs + 1);
        }

        return !IsOver;
    }

    private void Follow(DateTimeOffset closedAt)
    {
        if (equity.Amount > peak)
        {
            (peak, peakAt) = (equity.Amount, closedAt);
            Marks = (Marks.Peaks + 1, Marks.Troughs);
            lowest = null;
            return;
        }

        if (equity.Amount >= lowest)
        {
            return;
        }

        lowest = equity.Amount;

        // The exact quotient of decimals is only needed near the deepest fall.
        if ((double)(peak - equity.Amount) / (double)peak < nearlyDeepestShare)
        {
            return;
        }

        var fall = new Fall(peak - equity.Amount, peak, peakAt, closedAt);
        if (fall.Amount / peak is var share && share > deepestShare)
        {
            (deepestShare, deepest) = (share, fall);
            nearlyDeepestShare = (double)share * (1 - Doubt);
            Marks = (Marks.Peaks, Marks.Troughs + 1);
        }
    }
}

/// <summary>Where the curve of returns is, in units of the equity: its value, its start and its peak until now.</summary>
internal readonly record struct CurvePlace(decimal Value, decimal Start, decimal Peak)
{
    /// <summary>The fall from the peak in percent, 0 to 100.</summary>
    public double DrawdownPercent => Value == Peak ? 0 : Exact.ToDouble(Peak - Value) / Exact.ToDouble(Peak) * 100;

    /// <summary>What all returns until now make together, in percent.</summary>
    public double ReturnPercent => Value == Start ? 0 : Exact.ToDouble(Value - Start) / Exact.ToDouble(Start) * 100;

    /// <summary>Nearly <see cref="DrawdownPercent"/>, to compare many places.</summary>
    public double NearDrawdown => (double)(Peak - Value) / (double)Peak;
}

using Pilothouse.Storage;

namespace Pilothouse.Performance;

/// <summary>One fall of equity from its peak: the money lost, the peak it fell from and when the two trades closed.</summary>
/// <param name="Amount">Peak − trough, 0 or more.</param>
/// <param name="Peak">Equity at the peak.</param>
/// <param name="From">Close of the peak's trade; null if the peak is the starting balance.</param>
/// <param name="To">Close of the trough's trade; null if there was no fall.</param>
internal readonly record struct Fall(decimal Amount, decimal Peak, DateTimeOffset? From, DateTimeOffset? To);

/// <summary>
/// Equity after each close, and the maximum drawdown as Magdon-Ismail and Atiya (2004) define it: the largest fall from a running
/// peak. The peak starts at the starting balance (at 0 without one), so a first loss is a fall. The largest fall in money and the
/// largest in percent of its peak are kept apart, because a small account's early fall can be the deeper one. Of equal falls the
/// first counts, and of equal peaks the first.
/// </summary>
internal sealed class EquityCurve(decimal? startingBalance)
{
    private MoneySum equity = new(startingBalance ?? 0, false);
    private decimal peak = startingBalance ?? 0;
    private DateTimeOffset? peakAt;
    private decimal deepestShare;
    private Fall largest;
    private Fall deepest;
    private bool tooLarge;

    /// <summary>Equity after the last close; null once it does not fit a decimal.</summary>
    public decimal? Equity => equity.Value;

    public void Add(decimal pnl, DateTimeOffset closedAt)
    {
        equity = equity.Plus(pnl);
        if (equity.Overflowed || tooLarge)
        {
            tooLarge = true;
            return;
        }

        if (equity.Amount > peak)
        {
            peak = equity.Amount;
            peakAt = closedAt;
            return;
        }

        try
        {
            Consider(new Fall(peak - equity.Amount, peak, peakAt, closedAt));
        }
        catch (OverflowException)
        {
            tooLarge = true;
        }
    }

    /// <summary>The largest fall in money; an amount of 0 without dates if equity never fell.</summary>
    public Figure<Fall> LargestInMoney() => tooLarge ? Reasons.TooLarge : largest;

    /// <summary>
    /// The largest fall in percent of its peak; null without a starting balance above 0, since no percentage of such a peak has a
    /// meaning. Above 100 only if equity fell below 0.
    /// </summary>
    public Figure<Fall> LargestInPercent() => startingBalance switch
    {
        null => Reasons.NoStartingBalance,
        <= 0 => Reasons.StartingBalanceNotPositive,
        _ => tooLarge ? Reasons.TooLarge : deepest,
    };

    /// <summary>The fall in percent (0–100) of its peak.</summary>
    public static double Percent(in Fall fall) =>
        fall.Amount == 0 ? 0 : Exact.ToDouble(fall.Amount) / Exact.ToDouble(fall.Peak) * 100;

    private void Consider(in Fall fall)
    {
        if (fall.Amount > largest.Amount)
        {
            largest = fall;
        }

        if (startingBalance > 0 && Share(fall) is var share && share > deepestShare)
        {
            deepestShare = share;
            deepest = fall;
        }
    }

    private static decimal Share(in Fall fall)
    {
        try
        {
            return fall.Amount / fall.Peak;
        }
        catch (OverflowException)
        {
            return decimal.MaxValue;
        }
    }
}

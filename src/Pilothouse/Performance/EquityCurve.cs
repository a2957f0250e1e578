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
    private MoneySum _equity = new(startingBalance ?? 0, false);
    private decimal _peak = startingBalance ?? 0;
    private DateTimeOffset? _peakAt;
    private decimal _deepestShare;
    private Fall _largest;
    private Fall _deepest;
    private bool _tooLarge;

    /// <summary>Equity after the last close; null once it does not fit a decimal.</summary>
    public decimal? Equity => _equity.Value;

    public void Add(decimal pnl, DateTimeOffset closedAt)
    {
        _equity = _equity.Plus(pnl);
        if (_equity.Overflowed || _tooLarge)
        {
            _tooLarge = true;
            return;
        }

        if (_equity.Amount > _peak)
        {
            _peak = _equity.Amount;
            _peakAt = closedAt;
            return;
        }

        try
        {
            Consider(new Fall(_peak - _equity.Amount, _peak, _peakAt, closedAt));
        }
        catch (OverflowException)
        {
            _tooLarge = true;
        }
    }

    /// <summary>The largest fall in money; an amount of 0 without dates if equity never fell.</summary>
    public Figure<Fall> LargestInMoney() => _tooLarge ? Reasons.TooLarge : _largest;

    /// <summary>
    /// The largest fall in percent of its peak; null without a starting balance above 0, since no percentage of such a peak has a
    /// meaning. Above 100 only if equity fell below 0.
    /// </summary>
    public Figure<Fall> LargestInPercent() => startingBalance switch
    {
        null => Reasons.NoStartingBalance,
        <= 0 => Reasons.StartingBalanceNotPositive,
        _ => _tooLarge ? Reasons.TooLarge : _deepest,
    };

    /// <summary>The fall in percent (0–100) of its peak.</summary>
    public static double Percent(in Fall fall) =>
        fall.Amount == 0 ? 0 : Exact.ToDouble(fall.Amount) / Exact.ToDouble(fall.Peak) * 100;

    private void Consider(in Fall fall)
    {
        if (fall.Amount > _largest.Amount)
        {
            _largest = fall;
        }

        if (startingBalance > 0 && Share(fall) is var share && share > _deepestShare)
        {
            _deepestShare = share;
            _deepest = fall;
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

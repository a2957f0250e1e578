using Pilothouse.Storage;

namespace Pilothouse.Performance;

/// <summary>
/// The largest fall of the running profit in money. Its first peak is 0, so a loss at the beginning is a fall. Of equal falls, and of equal
/// peaks, the first counts. Money of other accounts has no influence.
/// </summary>
internal sealed class MoneyDrawdown
{
    private MoneySum profit;
    private decimal peak;
    private DateTimeOffset? peakAt;
    private Fall largest;
    private bool tooLarge;

    /// <summary>The running profit.</summary>
    public MoneySum Profit => profit;

    /// <summary>How far the profit is below its peak now; 0 if that is too large to state.</summary>
    public decimal Now { get; private set; }

    /// <summary>How often the profit has risen to a new peak, and how often it has fallen deeper than ever.</summary>
    public (long Peaks, long Troughs) Marks { get; private set; }

    public MoneyDrawdown Copy() => (MoneyDrawdown)MemberwiseClone();

    public void Add(decimal pnl, DateTimeOffset closedAt)
    {
        profit = profit.Plus(pnl);
        tooLarge |= profit.Overflowed;
        if (tooLarge)
        {
            return;
        }

        if (profit.Amount > peak)
        {
            (peak, peakAt) = (profit.Amount, closedAt);
            (Now, Marks) = (0, (Marks.Peaks + 1, Marks.Troughs));
            return;
        }

        try
        {
            Now = peak - profit.Amount;
            if (Now > largest.Amount)
            {
                largest = new Fall(Now, peak, peakAt, closedAt);
                Marks = (Marks.Peaks, Marks.Troughs + 1);
            }
        }
        catch (OverflowException)
        {
            tooLarge = true;
        }
    }

    /// <summary>Returns the largest fall; an amount of 0 without dates if there was none.</summary>
    public Figure<Fall> Largest() => tooLarge ? Reasons.TooLarge : largest;
}

/// <summary>The fields of a report about a fall, or the reason why they are unknown.</summary>
internal static class FallFigures
{
    public static Figure<T> Of<T>(Figure<Fall> fall, Func<Fall, T> value)
        where T : struct =>
        fall.Value is { } known ? value(known) : fall.Reason!;

    public static Figure<DateTimeOffset> From(Figure<Fall> fall) =>
        fall.Value is not { } known ? fall.Reason!
        : known.To is null ? Reasons.NoDrawdown
        : known.From is { } from ? from
        : Reasons.PeakIsStart;

    public static Figure<DateTimeOffset> To(Figure<Fall> fall) =>
        fall.Value is not { } known ? fall.Reason! : known.To is { } to ? to : Reasons.NoDrawdown;
}

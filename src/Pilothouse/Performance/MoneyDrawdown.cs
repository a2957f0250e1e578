using Pilothouse.Storage;

namespace Pilothouse.Performance;

/// <summary>
/// The largest fall in money of the running profit, the peak starting at 0: a first loss is a fall. Of equal falls the first counts,
/// and of equal peaks the first. Equity of others does not matter to it.
/// </summary>
internal sealed class MoneyDrawdown
{
    private MoneySum profit;
    private decimal peak;
    private DateTimeOffset? peakAt;
    private Fall largest;
    private bool tooLarge;

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
            return;
        }

        try
        {
            if (peak - profit.Amount is var amount && amount > largest.Amount)
            {
                largest = new Fall(amount, peak, peakAt, closedAt);
            }
        }
        catch (OverflowException)
        {
            tooLarge = true;
        }
    }

    /// <summary>The largest fall; an amount of 0 without dates if there was none.</summary>
    public Figure<Fall> Largest() => tooLarge ? Reasons.TooLarge : largest;
}

/// <summary>What a report says of a fall, or why it cannot.</summary>
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

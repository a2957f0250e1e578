using Pilothouse.Performance;
using Pilothouse.Prices;

namespace Pilothouse.CircuitBreaker;

/// <summary>
/// The equity of an account, or of all together, as far as the breaker needs it: how far it is below its peak, and how much of the day's
/// opening equity the day has lost. It is the curve of docs/metrics.md, "Equity": money that comes or goes moves the peak and the opening
/// of the day in proportion, so that it neither makes nor hides a loss. An equity at or below 0 has lost all. All amounts are of one unit;
/// where one that moves the equity has no price in it, the equity is not known from then on.
/// </summary>
internal sealed class MoneyCurve
{
    private readonly MissingPrices missing = new();
    private decimal? equity;

    /// <summary>What came and went since the last close. The curve is scaled to all of it at once, with the next close.</summary>
    private decimal moved;
    private decimal peak;
    private decimal dayOpening;
    private DateOnly day;
    private bool isLost;
    private bool isTooLarge;

    /// <summary>How many of the last trades lost, in a row.</summary>
    public int LosingStreak { get; private set; }

    /// <summary>In percent of the peak; null where the equity is not known.</summary>
    public decimal? Drawdown => isLost ? 100 : IsKnown ? Percent(peak) : null;

    /// <summary>What the last day with a close has lost, in percent of its opening equity.</summary>
    public decimal? DailyLoss => isLost ? 100 : IsKnown ? Percent(dayOpening) : null;

    /// <summary>The day that <see cref="DailyLoss"/> is about.</summary>
    public DateOnly Day => day;

    private bool IsKnown => equity is > 0 && !isTooLarge && !missing.Any;

    /// <summary>Whether an amount that moved the equity has no price.</summary>
    public bool LacksPrices => missing.Any;

    /// <summary>Returns why the equity is not known; null if it is, or if it is lost.</summary>
    /// <param name="reporting">The currency in which amounts have no price.</param>
    public string? WhyUnknown(string reporting) => isLost || IsKnown ? null
        : missing.Any ? missing.Sentence(reporting)
        : isTooLarge ? Reasons.TooLarge
        : equity is null ? Reasons.NoStartingBalance
        : Reasons.StartingBalanceNotPositive;

    /// <summary>
    /// Money came or went for another reason than a trade: a deposit, a withdrawal, an account that joins. What is taken out and brought back
    /// before the next close changes nothing.
    /// </summary>
    public void Flow(MovedMoney money)
    {
        var amount = money.Amount;
        if (Lacks(money))
        {
            return;
        }

        try
        {
            if (equity is not > 0)
            {
                equity = (equity ?? 0) + amount;
                (peak, dayOpening, isLost) = (equity.Value, equity.Value, isLost && equity <= 0);
                return;
            }

            moved += amount;
        }
        catch (OverflowException)
        {
            isTooLarge = true;
        }
    }

    /// <summary>A trade closed.</summary>
    /// <param name="hasLost">Whether it lost.</param>
    /// <param name="closedOn">The day (UTC).</param>
    /// <param name="money">What it moved the equity by; null if it belongs to no account whose equity is known.</param>
    public void Close(bool hasLost, DateOnly closedOn, MovedMoney? money)
    {
        LosingStreak = hasLost ? LosingStreak + 1 : 0;
        if (money is not { Amount: var pnl } || equity is not > 0 || isLost || Lacks(money.Value) || !Scale())
        {
            return;
        }

        if (closedOn != day)
        {
            (day, dayOpening) = (closedOn, equity.Value);
        }

        try
        {
            equity += pnl;
        }
        catch (OverflowException)
        {
            isTooLarge = true;
            return;
        }

        isLost = equity <= 0;
        peak = Math.Max(peak, equity.Value);
    }

    /// <summary>The measure begins anew here.</summary>
    public void BeginAgain(string triggerType)
    {
        switch (triggerType)
        {
            case TriggerTypes.Drawdown:
                peak = equity ?? 0;
                break;
            case TriggerTypes.DailyLoss:
                dayOpening = equity ?? 0;
                break;
            default:
                LosingStreak = 0;
                break;
        }
    }

    /// <summary>Whether the loss since <paramref name="from"/> is at or past the limit. It multiplies, because a quotient is rounded.</summary>
    public bool IsPast(string triggerType, decimal limit) => triggerType switch
    {
        TriggerTypes.LosingStreak => LosingStreak >= limit,
        TriggerTypes.Drawdown => isLost || (IsKnown && IsPast(peak, limit)),
        _ => isLost || (IsKnown && IsPast(dayOpening, limit)),
    };

    /// <summary>Scales the curve to what came and went.</summary>
    /// <returns>Whether there is equity to win or lose.</returns>
    private bool Scale()
    {
        try
        {
            var now = equity!.Value + moved;
            var scale = now / equity.Value;
            (equity, peak, dayOpening, moved) = (now, peak * scale, dayOpening * scale, 0);
        }
        catch (OverflowException)
        {
            isTooLarge = true;
            return false;
        }

        isLost = equity <= 0;
        return !isLost;
    }

    /// <summary>Whether an amount, or one before it, has no price.</summary>
    private bool Lacks(MovedMoney money)
    {
        if (money.Missing is { } unpriced)
        {
            missing.Add(unpriced);
        }

        return missing.Any;
    }

    private bool IsPast(decimal from, decimal limit)
    {
        var scale = from > 1e20m ? 1e-9m : 1;
        return from > 0 && (from - equity!.Value) * scale * 100 >= limit * (from * scale);
    }

    private decimal Percent(decimal from) => from > 0 ? Measured.Shown(Math.Max(0, (from - equity!.Value) / from * 100)) : 0;
}

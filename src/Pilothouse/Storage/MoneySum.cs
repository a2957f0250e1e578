namespace Pilothouse.Storage;

/// <summary>A running sum of money. If it no longer fits a decimal (7.9e28), it becomes unknown and does not throw.</summary>
internal readonly record struct MoneySum(decimal Amount, bool Overflowed)
{
    /// <summary>The sum; null if it did not fit a decimal.</summary>
    public decimal? Value => Overflowed ? null : Amount;

    public MoneySum Plus(decimal amount)
    {
        if (Overflowed)
        {
            return this;
        }

        try
        {
            return new MoneySum(Amount + amount, false);
        }
        catch (OverflowException)
        {
            return new MoneySum(0, true);
        }
    }

    public MoneySum Minus(MoneySum other) => other.Overflowed ? other : Plus(-other.Amount);

    public MoneySum Plus(MoneySum other) => other.Overflowed ? other : Plus(other.Amount);
}

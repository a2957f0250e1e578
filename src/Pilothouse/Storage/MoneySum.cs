namespace Pilothouse.Storage;

/// <summary>A running sum of money that becomes unknown, instead of throwing, once it no longer fits a decimal (7.9e28).</summary>
internal readonly record struct MoneySum(decimal Amount, bool Overflowed)
{
    /// <summary>The sum, or null once it did not fit.</summary>
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

    public MoneySum Plus(MoneySum other) => other.Overflowed ? other : Plus(other.Amount);
}

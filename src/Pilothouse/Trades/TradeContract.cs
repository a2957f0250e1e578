namespace Pilothouse.Trades;

/// <summary>
/// What a quantity at a price is worth in the settle asset (docs/metrics.md, "One trade"). Of a linear contract it is price × quantity ×
/// size. An inverse contract is a number of quote units that settles in the base asset: quantity × size ÷ price.
/// </summary>
internal sealed class TradeContract
{
    public const string InverseType = "inverse";

    public static readonly TradeContract Linear = new(1, false);

    private static readonly TradeContract Inverse = new(1, true);

    private readonly double size;

    private TradeContract(decimal size, bool isInverse)
    {
        Size = size;
        IsInverse = isInverse;
        this.size = (double)size;
    }

    /// <summary>Base units of one contract; quote units if it is inverse.</summary>
    public decimal Size { get; }

    public bool IsInverse { get; }

    /// <summary>The contract of a trade.</summary>
    /// <param name="size">Its contract_size; null, and what is not above 0, counts as 1.</param>
    /// <param name="type">Its contract_type, in any case; null if the pair decides.</param>
    /// <param name="isInverseByPair">What the pair says.</param>
    public static TradeContract Of(decimal? size, string? type, bool isInverseByPair)
    {
        var isInverse = NewTrade.ContractTypes.Normal(type) is { } known ? known == InverseType : isInverseByPair;
        return size is > 0 and not 1 ? new(size.Value, isInverse) : isInverse ? Inverse : Linear;
    }

    /// <summary>The value before it is multiplied by the size. Sums of it make weighted means: of prices, harmonic if it is inverse.</summary>
    /// <exception cref="OverflowException">It does not fit a decimal.</exception>
    public decimal RawValue(decimal price, decimal quantity) => IsInverse ? quantity / price : price * quantity;

    /// <summary>The mean price of a quantity that has this raw value.</summary>
    /// <exception cref="OverflowException">It does not fit a decimal.</exception>
    public decimal MeanPrice(decimal rawValue, decimal quantity) => IsInverse ? quantity / rawValue : rawValue / quantity;

    /// <summary>The profit without fees and funding.</summary>
    /// <exception cref="OverflowException">It does not fit a decimal.</exception>
    public decimal Gain(bool isBuy, decimal entry, decimal exit, decimal quantity)
    {
        var rise = (isBuy ? exit - entry : entry - exit) * quantity * Size;
        return IsInverse ? rise / entry / exit : rise;
    }

    /// <summary>The value of a position in the settle asset.</summary>
    /// <exception cref="OverflowException">It does not fit a decimal.</exception>
    public decimal Value(decimal price, decimal quantity) => RawValue(price, quantity) * Size;

    /// <summary>The value as a double, for a fast check.</summary>
    public double Value(double price, double quantity) => IsInverse ? quantity * size / price : price * quantity * size;
}

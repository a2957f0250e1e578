using Pilothouse.Storage;

namespace Pilothouse.Trades;

/// <summary>Why fills do not fit together.</summary>
internal enum PositionFault
{
    None,

    /// <summary>An exit is larger than what was open at its moment.</summary>
    TooMuchClosed,

    /// <summary>An amount does not fit a decimal (7.9e28).</summary>
    TooLarge,

    /// <summary>An amount is too small for a decimal (below 1e-28).</summary>
    TooSmall,

    /// <summary>A price or a quantity is missing or negative, or a quantity, or the price of an inverse contract, is 0.</summary>
    Worthless,
}

/// <summary>
/// What the fills of a trade add up to (docs/metrics.md, "One trade"): an exit realises its profit against the average cost of what is open
/// at its moment, and no later entry changes that. Fills are added in the order of time.
/// </summary>
/// <param name="contract">What a quantity at a price is worth.</param>
/// <param name="isBuy">Whether the trade wins when the price rises.</param>
/// <param name="feeRate">Settle units of one unit of the fees.</param>
internal sealed class FilledPosition(TradeContract contract, bool isBuy, decimal feeRate)
{
    /// <summary>Quantities that differ by less than this share of all entries are the same: bots add them up in doubles.</summary>
    public const decimal Residue = 1e-12m;

    /// <summary>The most digits of a mean price.</summary>
    private const int MeanDigits = 15;

    private Side entries;
    private Side exits;
    private decimal cost;
    private decimal gain;
    private decimal exitFees;

    /// <summary>What is left open.</summary>
    public decimal Open { get; private set; }

    /// <summary>The sum of all entries.</summary>
    public decimal Quantity => entries.Quantity;

    /// <summary>The mean price of all entries.</summary>
    public decimal EntryPrice => MeanOf(entries);

    /// <summary>The mean price of all exits; null if there is none.</summary>
    public decimal? ExitPrice => exits.Count == 0 ? null : MeanOf(exits);

    /// <summary>The mean price of what is left open; null if nothing is.</summary>
    public decimal? AverageCost => Open == 0 ? null : exits.Count == 0 ? EntryPrice : Rounded(contract.MeanPrice(cost, Open));

    /// <summary>The fees of all fills, in the asset in which they were paid; null if no fill says any.</summary>
    public decimal? Fees { get; private set; }

    /// <summary>What the exits earned less their fees, in the settle asset.</summary>
    public decimal RealizedPnl => Without(gain - exitFees);

    /// <summary>When the last exit was; null if there is none.</summary>
    public DateTimeOffset? LastExit { get; private set; }

    /// <summary>Returns what everything earned, less all fees, plus funding.</summary>
    /// <exception cref="OverflowException">It does not fit a decimal.</exception>
    public decimal PnlWith(decimal funding) => Without(gain - ((Fees ?? 0) * feeRate) + funding);

    /// <summary>Adds the next fill.</summary>
    /// <param name="fill">The fill.</param>
    /// <param name="realizedPnl">What an exit earned less its fees; null for an entry.</param>
    public PositionFault TryAdd(Fill fill, out decimal? realizedPnl)
    {
        realizedPnl = null;
        if (fill is not { Price: { } price and >= 0, Quantity: { } quantity and > 0 } || (contract.IsInverse && price == 0))
        {
            return PositionFault.Worthless;
        }

        try
        {
            var value = contract.RawValue(price, quantity);
            if (value == 0 && price != 0)
            {
                return PositionFault.TooSmall;
            }

            if (!fill.IsEntry && !Takes(quantity))
            {
                return PositionFault.TooMuchClosed;
            }

            Fees = fill.Fees is null ? Fees : (Fees ?? 0) + fill.Fees;
            if (fill.IsEntry)
            {
                entries = entries.Plus(price, quantity, value);
                Open += quantity;
                cost += value;
                return PositionFault.None;
            }

            var share = IsAllOf(quantity) ? cost : cost * quantity / Open;
            var earned = (isBuy == contract.IsInverse ? share - value : value - share) * contract.Size;
            var fees = (fill.Fees ?? 0) * feeRate;
            realizedPnl = Without(earned - fees);
            exits = exits.Plus(price, quantity, value);
            Open = IsAllOf(quantity) ? 0 : Open - quantity;
            cost = Open == 0 ? 0 : cost - share;
            gain += earned;
            exitFees += fees;
            LastExit = fill.FilledAt ?? LastExit;
            return PositionFault.None;
        }
        catch (OverflowException)
        {
            return PositionFault.TooLarge;
        }
    }

    /// <summary>Whether as much as this is open.</summary>
    public bool Takes(decimal quantity) => quantity <= Open || IsAllOf(quantity);

    /// <summary>Whether this is all that is open.</summary>
    private bool IsAllOf(decimal quantity) => Open > 0 && Math.Abs(quantity - Open) <= entries.Quantity * Residue;

    private decimal Without(decimal pnl) => FloatResidue.Without(pnl, EntryPrice, entries.Quantity, contract);

    private decimal MeanOf(Side side) => side.Price ?? Rounded(contract.MeanPrice(side.Value, side.Quantity));

    private static decimal Rounded(decimal mean) => Exact.ToDigits(mean, MeanDigits);

    /// <summary>All entries, or all exits.</summary>
    /// <param name="Price">The price of all of them; null if they have several.</param>
    /// <param name="Value">The sum of their raw values.</param>
    private readonly record struct Side(int Count, decimal? Price, decimal Quantity, decimal Value)
    {
        public Side Plus(decimal price, decimal quantity, decimal value) =>
            new(Count + 1, Count == 0 || Price == price ? price : null, Quantity + quantity, Value + value);
    }
}

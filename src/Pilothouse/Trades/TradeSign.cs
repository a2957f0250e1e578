using Pilothouse.Storage;

namespace Pilothouse.Trades;

/// <summary>Whether a trade won or lost, read beside rows of another table that name it.</summary>
internal static class TradeSign
{
    /// <summary>What it is read from, of a table that the statement calls <c>t</c>.</summary>
    public const string Columns = "lower(t.status), t.pnl, t.entry_price, t.quantity, t.trading_pair, t.settle_asset, t.contract_size, t.contract_type";

    /// <summary>
    /// Returns 1 if the trade won, -1 if it lost, and 0 if it did neither; null if it is not closed. A pnl of null counts as 0, and one that is
    /// only a rounding error of floats too (docs/metrics.md, "One trade").
    /// </summary>
    /// <param name="row">A row that has <see cref="Columns"/>.</param>
    /// <param name="first">The first of them.</param>
    public static int? Of(Row row, int first)
    {
        if (row.Text(first) != "closed")
        {
            return null;
        }

        var pnl = row.Money(first + 1) ?? 0;
        if (pnl != 0 && row.Number(first + 2) is { } entry && row.Number(first + 3) is { } quantity)
        {
            var pair = PairAsset.Of(row.Text(first + 4));
            var contract = TradeContract.Of(row.Money(first + 6), row.Text(first + 7), pair.IsInverseIn(pair.SettleOf(row.Text(first + 5))));
            if (FloatResidue.IsPossible(pnl, entry, quantity, contract) && row.Money(first + 2) is { } exactEntry && row.Money(first + 3) is { } exactQuantity)
            {
                pnl = FloatResidue.Without(pnl, exactEntry, exactQuantity, contract);
            }
        }

        return Math.Sign(pnl);
    }
}

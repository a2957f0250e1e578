using Pilothouse.Storage;

namespace Pilothouse.Trades;

/// <summary>
/// The fills of a trade as they are answered: what each exit earned is filled in, and what only the trade's own row tells is added.
/// </summary>
internal static class ShownFills
{
    /// <summary>The digits of an amount that a double keeps, with one to spare.</summary>
    private const int DigitsOfDouble = 14;

    /// <summary>Fees that are larger are not split: nobody pays so much, and no sum of two of them fits a decimal.</summary>
    private const decimal MostFees = 1e28m;

    /// <summary>Returns the fills of a trade in the order of time.</summary>
    public static async ValueTask<List<Fill>> OfAsync(Session session, Trade trade) => Of(trade, await FillStore.OfTradeAsync(session, trade.Id));

    /// <summary>Returns the fills of a trade, those that are stored and those that its own row tells, in the order of time.</summary>
    public static List<Fill> Of(Trade trade, List<Fill> shown)
    {
        if (shown.Count == 0)
        {
            shown.Add(trade.IsClosed ? TradeFills.OpeningOf(trade) with { Fees = EntryFeesOf(trade) } : TradeFills.OpeningOf(trade));
        }

        // What is left of a closed trade was closed by its own row: in one piece, or by another program.
        if (trade is { IsClosed: true, ExitPrice: not null } && TradeFills.LeftOf(shown) is { } left && left > TradeFills.ResidueOf(trade))
        {
            shown.Add(new()
            {
                TradeId = trade.Id,
                Kind = "exit",
                Price = trade.ExitPrice,
                Quantity = left,
                Fees = shown is [{ Id: null } entry] ? trade.Fees - (entry.Fees ?? 0) : null,
                FilledAt = trade.ClosedAt ?? trade.Timestamp,
            });
        }

        return Realized(trade, shown);
    }

    /// <summary>
    /// What the entry of a closed trade paid of its fees: the part that its realised profit leaves out. Both are stored as doubles, so what
    /// is smaller than their last digits is rounded off.
    /// </summary>
    private static decimal? EntryFeesOf(Trade trade)
    {
        if (trade is not { Fees: { } fees, Pnl: { } pnl, RealizedPnl: { } realized } || TradeTerms.Of(trade).FeeRate is not (> 0 and { } rate)
            || default(MoneySum).Plus(realized).Plus(trade.Funding ?? 0).Plus(-pnl).Value is not { } paid)
        {
            return null;
        }

        var places = DigitsOfDouble - (int)Math.Ceiling(Math.Log10(Math.Max(1, (double)Math.Abs(pnl))));
        try
        {
            var ofEntry = places < 0 ? 0 : decimal.Round(paid, places) / rate;
            return ofEntry == 0 || Math.Abs(ofEntry) > MostFees || Math.Abs(fees) > MostFees ? null : ofEntry;
        }
        catch (OverflowException)
        {
            return null;
        }
    }

    private static List<Fill> Realized(Trade trade, List<Fill> shown)
    {
        var terms = TradeTerms.Of(trade);
        if (NewTrade.Sides.Normal(trade.Side) is not { } side || terms.FeeRate is not { } rate)
        {
            return shown;
        }

        // Fills of other programs may not fit together. Then nobody knows what the exits from there on earned.
        var position = new FilledPosition(terms.Contract, side == "BUY", rate);
        for (var i = 0; i < shown.Count && position.TryAdd(shown[i], out var earned) == PositionFault.None; i++)
        {
            shown[i] = shown[i].With(earned);
        }

        return shown;
    }
}

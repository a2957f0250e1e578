using Pilothouse.Contract;
using Pilothouse.Storage;

namespace Pilothouse.Trades;

/// <summary>Puts closed trades right.</summary>
internal static class TradeCorrection
{
    private static readonly (TradeFields Field, string Name)[] Names =
    [
        (TradeFields.Fees, "fees"), (TradeFields.FeeAsset, "fee_asset"), (TradeFields.FeeRate, "fee_rate"), (TradeFields.ExitPrice, "exit_price"),
        (TradeFields.ClosedAt, "closed_at"), (TradeFields.ExitReason, "exit_reason"),
    ];

    /// <summary>
    /// Corrects a closed trade. Its profit is computed again if something changes of which it is made; otherwise a profit that another
    /// program stored stays.
    /// </summary>
    public static async ValueTask CorrectAsync(Session session, Trade trade, TradeChange change, TradeFields fields)
    {
        if ((fields & TradeFields.OfOpen) != 0 || !change.Has(TradeFields.OfClosed | TradeFields.Funding))
        {
            throw TradeAccess.AlreadyClosed(
                "Of a closed trade only fees, fee_asset, fee_rate, funding, exit_price, closed_at and exit_reason can be put right, with a reason.");
        }

        if (fields == TradeFields.None)
        {
            return;
        }

        Demand(change, fields);
        var corrected = trade with
        {
            Fees = change.Has(TradeFields.Fees) ? change.Fees : trade.Fees,
            FeeAsset = change.Has(TradeFields.FeeAsset) ? change.FeeAsset : trade.FeeAsset,
            FeeRate = change.Has(TradeFields.FeeRate) ? change.FeeRate
                : change.Has(TradeFields.FeeAsset) && change.FeeAsset is null ? null : TradeResults.RateAfter(trade, change.FeeAsset, null),
            Funding = change.Has(TradeFields.Funding) ? change.Funding : trade.Funding,
            ExitPrice = change.Has(TradeFields.ExitPrice) ? change.ExitPrice : trade.ExitPrice,
            ClosedAt = change.Has(TradeFields.ClosedAt) ? Timestamps.Cut(change.ClosedAt!.Value) : trade.ClosedAt,
            ExitReason = change.Has(TradeFields.ExitReason) ? change.ExitReason : trade.ExitReason,
        };
        if ((fields & TradeFields.ClosedAt) != 0)
        {
            TradeResults.CheckOrder(trade.Timestamp, corrected.ClosedAt!.Value);
        }

        if ((fields & (TradeFields.FeeAsset | TradeFields.FeeRate)) != 0)
        {
            TradeResults.CheckFees(corrected);
        }

        if ((fields & TradeFields.ExitPrice) != 0)
        {
            TradeResults.DemandExit(TradeTerms.Of(corrected), corrected.ExitPrice);
        }

        if (trade.MayHaveFills && (fields & (TradeFields.OfProfit | TradeFields.ClosedAt)) != 0
            && await FillService.TryCorrectAsync(session, trade, corrected, fields))
        {
            return;
        }

        await TradeStore.CloseAsync(session, (fields & TradeFields.OfProfit) == 0 ? corrected : Computed(trade, corrected));
    }

    public static IEnumerable<string> NamesOf(TradeFields fields) =>
        Names.Where(field => (fields & field.Field) != 0).Select(static field => field.Name);

    private static Trade Computed(Trade trade, Trade corrected)
    {
        if (corrected is not { Side: { } side, EntryPrice: { } entry, ExitPrice: { } exit, Quantity: { } quantity })
        {
            throw TradeAccess.Unreadable("Trade cannot be put right", "a side, entry_price, exit_price or quantity that is no number");
        }

        var terms = TradeTerms.Of(corrected);
        var result = TradeResults.Of(terms, NewTrade.Sides.Normal(side) ?? side, entry, exit, quantity, corrected.Fees, corrected.Funding);
        return corrected with
        {
            Pnl = result.Pnl,
            PnlPercentage = result.PnlPercentage,
            RealizedPnl = TradeResults.Realized(terms with { FeeRate = 1 }, result, corrected.Funding, TradeResults.EntryFeesOf(trade, terms)),
        };
    }

    private static void Demand(TradeChange change, TradeFields fields)
    {
        var errors = new List<FieldError>();
        if ((fields & TradeFields.ExitPrice) != 0 && change.ExitPrice is null)
        {
            errors.Add(new("exit_price", "must be a number"));
        }

        if ((fields & TradeFields.ClosedAt) != 0 && change.ClosedAt is null)
        {
            errors.Add(new("closed_at", "must be a time"));
        }

        if (string.IsNullOrWhiteSpace(change.Reason))
        {
            errors.Add(new("reason", "is needed: say why a closed trade is put right"));
        }

        if (errors.Count > 0)
        {
            throw Refusal.Invalid(errors);
        }
    }
}

using Pilothouse.Auth;
using Pilothouse.Contract;
using Pilothouse.Storage;

namespace Pilothouse.Trades;

/// <summary>Opens, changes, closes and imports trades. Every write to trades goes through this class or <see cref="FillService"/>.</summary>
internal sealed class TradeService(TradeAccess access, FillService fills, IEnumerable<ITradeGate> gates, TimeProvider clock)
{
    /// <summary>Stores a checked trade, or finds the one that was stored under its external id before.</summary>
    /// <returns>The trade as it is stored, and whether it is new.</returns>
    public async ValueTask<(Trade Trade, bool IsNew)> RecordAsync(Session session, Caller caller, NewTrade trade)
    {
        var botName = caller.BotFor(trade.BotName);
        if (trade.ExternalId is { } externalId && await TradeStore.FindExternalAsync(session, botName, externalId) is { } known)
        {
            TradeRepetition.Demand(known, trade);
            return (known, false);
        }

        // A closed trade without a timestamp was not opened now; its close is the best known time.
        var timestamp = Timestamps.Cut(trade.Timestamp ?? (trade.IsClosed ? trade.ClosedAt : null) ?? clock.GetUtcNow());
        Trade stored;
        if (trade.IsClosed)
        {
            stored = await TradeStore.Table.StoreAsync(
                session, caller, trade, timestamp, [.. TradeMirror.OfClosed(trade, timestamp), ("initial_stop_loss", trade.StopLoss)]);
        }
        else
        {
            foreach (var gate in gates)
            {
                await gate.DemandAsync(session, new(botName, trade.TradingPair!, NewTrade.Sides.Normal(trade.Side)!, NewTrade.Modes.Normal(trade.Mode), null, trade.EntryPrice, trade.Quantity));
            }

            stored = await TradeStore.Table.StoreAsync(session, caller, trade, timestamp, ("pnl", 0m), ("initial_stop_loss", trade.StopLoss));
        }

        stored.Complete();
        return (stored, true);
    }

    /// <summary>Changes an open trade, or corrects a closed one.</summary>
    /// <returns>The trade before and after the change.</returns>
    public async ValueTask<(Trade Before, Trade After)> ChangeAsync(Session session, Caller caller, long id, TradeChange change)
    {
        var trade = await access.FindOwnAsync(session, caller, id);
        var fields = change.ChangedOf(trade);
        if (trade.IsClosed)
        {
            await TradeCorrection.CorrectAsync(session, trade, change, fields);
            return (trade, await TradeAccess.FindAsync(session, id));
        }

        if ((fields & TradeFields.OfClosed) is var closing and not TradeFields.None)
        {
            throw Refusal.Invalid([.. TradeCorrection.NamesOf(closing).Select(static field => new FieldError(field, "belongs to a closed trade; POST /api/trades/{id}/close closes an open one"))]);
        }

        if ((fields & TradeFields.Quantity) != 0 && trade.MayHaveFills)
        {
            throw new Refusal(409, ErrorCodes.TradeHasFills, "Trade has fills",
                "Its quantity is the sum of its entries. POST /api/trades/{id}/fills adds an entry or an exit.");
        }

        var stop = change.Has(TradeFields.StopLoss) ? change.StopLoss : trade.StopLoss;
        await TradeStore.UpdateAsync(session, trade with
        {
            StopLoss = stop,
            InitialStopLoss = trade.InitialStopLoss ?? stop,
            TakeProfit = change.Has(TradeFields.TakeProfit) ? change.TakeProfit : trade.TakeProfit,
            Quantity = change.Has(TradeFields.Quantity) ? change.Quantity : trade.Quantity,
            Funding = change.Has(TradeFields.Funding) ? change.Funding : trade.Funding,
        });
        return (trade, await TradeAccess.FindAsync(session, id));
    }

    /// <summary>
    /// Takes a trade out of every figure and list. It stays in the database and can be found by its id, or in the list of voided trades.
    /// </summary>
    /// <returns>The trade before and after the change.</returns>
    public async ValueTask<(Trade Before, Trade After)> VoidAsync(Session session, Caller caller, long id, TradeVoid input)
    {
        var trade = await access.FindOwnAsync(session, caller, id);
        await TradeStore.VoidAsync(session, id, clock.GetUtcNow(), input.Reason!);
        return (trade, await TradeAccess.FindAsync(session, id));
    }

    /// <summary>Closes an open trade, or a part of it, and computes its profit.</summary>
    /// <returns>The trade before and after the close.</returns>
    public async ValueTask<(Trade Before, Trade After)> CloseAsync(Session session, Caller caller, long id, TradeClose close)
    {
        var trade = await access.FindOwnAsync(session, caller, id);
        if (trade.IsClosed)
        {
            throw TradeAccess.AlreadyClosed("GET /api/trades/{id} shows how it was closed.");
        }

        if (trade is not { Side: { } side, EntryPrice: { } entry, Quantity: { } quantity })
        {
            throw TradeAccess.Unreadable("Trade cannot be closed", "a side, entry_price or quantity that is no number");
        }

        var closing = trade with
        {
            FeeAsset = close.FeeAsset ?? trade.FeeAsset,
            FeeRate = TradeResults.RateAfter(trade, close.FeeAsset, close.FeeRate),
            Funding = close.Funding ?? trade.Funding,
            ExitReason = close.ExitReason ?? trade.ExitReason,
        };
        TradeResults.CheckFees(closing);
        if (trade.MayHaveFills || (close.Quantity is { } part && !TradeRepetition.Same(part, quantity)))
        {
            var fill = await fills.CloseAsync(session, caller, closing, close);
            return (trade, fill.After);
        }

        var now = clock.GetUtcNow();
        var closedAt = Timestamps.Cut(close.ClosedAt ?? (trade.Timestamp > now ? trade.Timestamp.Value : now));
        TradeResults.CheckOrder(trade.Timestamp, closedAt);
        var fees = close.Fees ?? trade.Fees;
        var terms = TradeTerms.Of(closing);
        var result = TradeResults.Of(terms, NewTrade.Sides.Normal(side) ?? side, entry, close.ExitPrice!.Value, quantity, fees, closing.Funding);
        await TradeStore.CloseAsync(session, closing with
        {
            ExitPrice = close.ExitPrice,
            ClosedAt = closedAt,
            Pnl = result.Pnl,
            PnlPercentage = result.PnlPercentage,

            // The fees until now were those of the entry.
            RealizedPnl = TradeResults.Realized(TradeResults.TermsOfEntry(trade, closing), result, closing.Funding, trade.Fees),
            Fees = fees,
        });
        return (trade, await TradeAccess.FindAsync(session, id));
    }
}

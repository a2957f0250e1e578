using System.Globalization;
using Pilothouse.Auth;
using Pilothouse.Configuration;
using Pilothouse.Contract;
using Pilothouse.Storage;

namespace Pilothouse.Trades;

/// <summary>Opens, changes, closes and imports trades. Every write to trades goes through this class.</summary>
internal sealed class TradeService(Settings settings, TimeProvider clock)
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
        if (!trade.IsClosed)
        {
            return (await TradeStore.Table.StoreAsync(session, caller, trade, timestamp, ("pnl", 0m)), true);
        }

        var closedAt = Timestamps.Cut(trade.ClosedAt ?? timestamp);
        CheckOrder(timestamp, closedAt);
        var result = ResultOf(NewTrade.Sides.Normal(trade.Side)!, trade.EntryPrice!.Value, trade.ExitPrice!.Value, trade.Quantity!.Value, trade.Fees, trade.Leverage);
        return (await TradeStore.Table.StoreAsync(
            session, caller, trade, timestamp, ("closed_at", closedAt), ("pnl", result.Pnl), ("pnl_percentage", result.PnlPercentage)), true);
    }

    /// <summary>Changes an open trade, or corrects a closed one.</summary>
    /// <returns>The trade before and after the change.</returns>
    public async ValueTask<(Trade Before, Trade After)> ChangeAsync(Session session, Caller caller, long id, TradeChange change)
    {
        var trade = await FindOwnAsync(session, caller, id);
        var fields = change.ChangedOf(trade);
        if (trade.IsClosed)
        {
            await CorrectAsync(session, trade, change, fields);
            return (trade, await FindAsync(session, id));
        }

        if ((fields & TradeFields.OfClosed) is var closing and not TradeFields.None)
        {
            throw Refusal.Invalid([.. NamesOf(closing).Select(static field => new FieldError(field, "belongs to a closed trade; POST /api/trades/{id}/close closes an open one"))]);
        }

        await TradeStore.UpdateAsync(session, trade with
        {
            StopLoss = change.Has(TradeFields.StopLoss) ? change.StopLoss : trade.StopLoss,
            TakeProfit = change.Has(TradeFields.TakeProfit) ? change.TakeProfit : trade.TakeProfit,
            Quantity = change.Has(TradeFields.Quantity) ? change.Quantity : trade.Quantity,
        });
        return (trade, await FindAsync(session, id));
    }

    /// <summary>
    /// Takes a trade out of every figure and list. It stays in the database and can be found by its id, or in the list of voided trades.
    /// </summary>
    /// <returns>The trade before and after the change.</returns>
    public async ValueTask<(Trade Before, Trade After)> VoidAsync(Session session, Caller caller, long id, TradeVoid input)
    {
        var trade = await FindOwnAsync(session, caller, id);
        await TradeStore.VoidAsync(session, id, clock.GetUtcNow(), input.Reason!);
        return (trade, await FindAsync(session, id));
    }

    /// <summary>Closes an open trade and computes its profit.</summary>
    /// <returns>The trade before and after the close.</returns>
    public async ValueTask<(Trade Before, Trade After)> CloseAsync(Session session, Caller caller, long id, TradeClose close)
    {
        var trade = await FindOwnAsync(session, caller, id);
        if (trade.IsClosed)
        {
            throw AlreadyClosed("GET /api/trades/{id} shows how it was closed.");
        }

        if (trade is not { Side: { } side, EntryPrice: { } entry, Quantity: { } quantity })
        {
            throw new Refusal(409, ErrorCodes.UnreadableTrade, "Trade cannot be closed",
                "Another program stored a side, entry_price or quantity that is no number; correct that row in the database first.");
        }

        if (close.Quantity is { } part && !TradeRepetition.Same(part, quantity))
        {
            throw Refusal.Invalid("quantity", string.Create(CultureInfo.InvariantCulture,
                $"must be {quantity}, the whole trade, or left out: a part of a trade cannot be closed yet"));
        }

        var now = clock.GetUtcNow();
        var closedAt = Timestamps.Cut(close.ClosedAt ?? (trade.Timestamp > now ? trade.Timestamp.Value : now));
        CheckOrder(trade.Timestamp, closedAt);
        var fees = close.Fees ?? trade.Fees;
        var result = ResultOf(NewTrade.Sides.Normal(side) ?? side, entry, close.ExitPrice!.Value, quantity, fees, trade.Leverage);
        await TradeStore.CloseAsync(session, trade with
        {
            ExitPrice = close.ExitPrice,
            ClosedAt = closedAt,
            Pnl = result.Pnl,
            PnlPercentage = result.PnlPercentage,
            Fees = fees,
            ExitReason = close.ExitReason ?? trade.ExitReason,
        });
        return (trade, await FindAsync(session, id));
    }

    /// <summary>Returns the trade; throws a refusal (404) if it does not exist.</summary>
    public static async ValueTask<Trade> FindAsync(Session session, long id) =>
        await TradeStore.FindAsync(session, id)
        ?? throw Refusal.NotFound("Trade not found", string.Create(CultureInfo.InvariantCulture, $"There is no trade {id}; GET /api/trades lists them."));

    /// <summary>Returns the trade; throws a refusal unless the caller may change it and it is not voided.</summary>
    private async ValueTask<Trade> FindOwnAsync(Session session, Caller caller, long id)
    {
        var trade = await FindAsync(session, id);
        caller.DemandBot(trade.BotName, settings.BotKeysMayChangeUnnamed);
        return !trade.IsVoided ? trade : throw new Refusal(409, ErrorCodes.TradeVoided, "Trade is voided",
            "A voided trade does not change. GET /api/trades/{id} shows when and why it was voided.");
    }

    /// <summary>
    /// Corrects a closed trade. Its profit is computed again if the price or the fees change; otherwise a profit that another program
    /// stored stays.
    /// </summary>
    private static async ValueTask CorrectAsync(Session session, Trade trade, TradeChange change, TradeFields fields)
    {
        if ((fields & TradeFields.OfOpen) != 0 || !change.Has(TradeFields.OfClosed))
        {
            throw AlreadyClosed("Of a closed trade only fees, exit_price, closed_at and exit_reason can be put right, with a reason.");
        }

        if (fields == TradeFields.None)
        {
            return;
        }

        DemandCorrection(change, fields);
        var corrected = trade with
        {
            Fees = change.Has(TradeFields.Fees) ? change.Fees : trade.Fees,
            ExitPrice = change.Has(TradeFields.ExitPrice) ? change.ExitPrice : trade.ExitPrice,
            ClosedAt = change.Has(TradeFields.ClosedAt) ? Timestamps.Cut(change.ClosedAt!.Value) : trade.ClosedAt,
            ExitReason = change.Has(TradeFields.ExitReason) ? change.ExitReason : trade.ExitReason,
        };
        if ((fields & TradeFields.ClosedAt) != 0)
        {
            CheckOrder(trade.Timestamp, corrected.ClosedAt!.Value);
        }

        if ((fields & (TradeFields.Fees | TradeFields.ExitPrice)) != 0)
        {
            if (corrected is not { Side: { } side, EntryPrice: { } entry, ExitPrice: { } exit, Quantity: { } quantity })
            {
                throw new Refusal(409, ErrorCodes.UnreadableTrade, "Trade cannot be put right",
                    "Another program stored a side, entry_price, exit_price or quantity that is no number; correct that row in the database first.");
            }

            var result = ResultOf(NewTrade.Sides.Normal(side) ?? side, entry, exit, quantity, corrected.Fees, trade.Leverage);
            corrected = corrected with { Pnl = result.Pnl, PnlPercentage = result.PnlPercentage };
        }

        await TradeStore.CloseAsync(session, corrected);
    }

    private static void DemandCorrection(TradeChange change, TradeFields fields)
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

    private static IEnumerable<string> NamesOf(TradeFields fields) =>
        new[] { (TradeFields.Fees, "fees"), (TradeFields.ExitPrice, "exit_price"), (TradeFields.ClosedAt, "closed_at"), (TradeFields.ExitReason, "exit_reason") }
            .Where(field => (fields & field.Item1) != 0).Select(static field => field.Item2);

    private static Refusal AlreadyClosed(string todo) => new(409, ErrorCodes.AlreadyClosed, "Trade already closed", todo);

    private static void CheckOrder(DateTimeOffset? timestamp, DateTimeOffset closedAt)
    {
        // The close was cut to the millisecond, so the opening is too: Python writes microseconds.
        if (timestamp is { } opened && closedAt < Timestamps.Cut(opened))
        {
            throw Refusal.Invalid("closed_at", "must not be before the trade's timestamp");
        }
    }

    private static TradeResult ResultOf(string side, decimal entry, decimal exit, decimal quantity, decimal? fees, decimal? leverage)
    {
        if (TradePnl.TryCompute(side, entry, exit, quantity, fees ?? 0, leverage, out var result, out var failure))
        {
            return result;
        }

        throw failure == TradePnlFailure.TooLarge
            ? Refusal.Invalid("exit_price", "makes a profit or loss that is too large to compute")
            : failure == TradePnlFailure.TooSmall ? Refusal.Invalid("exit_price", "makes a profit or loss that is too small to be kept")
            : new Refusal(409, ErrorCodes.UnreadableTrade, "Trade cannot be closed", "Another program stored a side that is neither BUY nor SELL; correct that row in the database first.");
    }
}

using System.Globalization;
using Pilothouse.Api;
using Pilothouse.Auth;
using Pilothouse.Configuration;
using Pilothouse.Signals;
using Pilothouse.Storage;

namespace Pilothouse.Trades;

/// <summary>The one door to trades: opening, changing, closing, and importing what was closed elsewhere.</summary>
internal sealed class TradeService(Settings settings, TimeProvider clock)
{
    /// <summary>Stores a checked trade, or finds the one that was stored under its external id before.</summary>
    /// <returns>Its id, and whether it is new.</returns>
    public async ValueTask<(long Id, bool IsNew)> RecordAsync(Session session, Caller caller, NewTrade trade)
    {
        var botName = caller.BotFor(trade.BotName);
        if (trade.ExternalId is { } externalId && await TradeStore.FindExternalAsync(session, botName, externalId) is { } known)
        {
            TradeRepetition.Demand(known, trade);
            return (known.Id, false);
        }

        if (trade.SignalId is { } signalId && !await SignalStore.ExistsAsync(session, signalId))
        {
            throw Refusal.Invalid("signal_id", "must be the id of a stored signal");
        }

        // One that was closed elsewhere, and says only when it closed, was not opened now.
        var timestamp = Timestamps.Cut(trade.Timestamp ?? (trade.IsClosed ? trade.ClosedAt : null) ?? clock.GetUtcNow());
        if (!trade.IsClosed)
        {
            return (await TradeStore.Table.InsertAsync(session, caller, trade, timestamp, ("pnl", 0m)), true);
        }

        var closedAt = Timestamps.Cut(trade.ClosedAt ?? timestamp);
        CheckOrder(timestamp, closedAt);
        var result = ResultOf(NewTrade.Sides.Normal(trade.Side)!, trade.EntryPrice!.Value, trade.ExitPrice!.Value, trade.Quantity!.Value, trade.Fees, trade.Leverage);
        return (await TradeStore.Table.InsertAsync(
            session, caller, trade, timestamp, ("closed_at", closedAt), ("pnl", result.Pnl), ("pnl_percentage", result.PnlPercentage)), true);
    }

    /// <summary>Changes an open trade.</summary>
    /// <returns>The trade as it now is.</returns>
    public async ValueTask<Trade> ChangeAsync(Session session, Caller caller, long id, TradeChange change)
    {
        var trade = await FindOpenAsync(session, caller, id);
        var changed = trade with
        {
            StopLoss = change.HasStopLoss ? change.StopLoss : trade.StopLoss,
            TakeProfit = change.HasTakeProfit ? change.TakeProfit : trade.TakeProfit,
            Quantity = change.HasQuantity ? change.Quantity : trade.Quantity,
        };
        await TradeStore.UpdateAsync(session, changed);
        return await FindAsync(session, id);
    }

    /// <summary>Closes an open trade; its profit is computed here.</summary>
    /// <returns>The trade as it now is.</returns>
    public async ValueTask<Trade> CloseAsync(Session session, Caller caller, long id, TradeClose close)
    {
        var trade = await FindOpenAsync(session, caller, id);
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
        return await FindAsync(session, id);
    }

    /// <summary>One trade, or a refusal that says that there is none.</summary>
    public static async ValueTask<Trade> FindAsync(Session session, long id) =>
        await TradeStore.FindAsync(session, id)
        ?? throw Refusal.NotFound("Trade not found", string.Create(CultureInfo.InvariantCulture, $"There is no trade {id}; GET /api/trades lists them."));

    private async ValueTask<Trade> FindOpenAsync(Session session, Caller caller, long id)
    {
        var trade = await FindAsync(session, id);
        caller.DemandBot(trade.BotName, settings.BotKeysMayChangeUnnamed);
        return !trade.IsClosed ? trade : throw new Refusal(409, ErrorCodes.AlreadyClosed, "Trade already closed",
            "A closed trade does not change. GET /api/trades/{id} shows how it was closed.");
    }

    private static void CheckOrder(DateTimeOffset? timestamp, DateTimeOffset closedAt)
    {
        // Python writes microseconds, and the close was cut to the millisecond.
        if (timestamp is { } opened && closedAt < Timestamps.Cut(opened))
        {
            throw Refusal.Invalid("closed_at", "must not be before the trade's timestamp");
        }
    }

    private static TradeResult ResultOf(string side, decimal entry, decimal exit, decimal quantity, decimal? fees, long? leverage)
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

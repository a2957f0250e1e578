using System.Globalization;
using Pilothouse.Auth;
using Pilothouse.Contract;
using Pilothouse.Storage;

namespace Pilothouse.Trades;

/// <summary>Stores entries and exits of trades, and keeps the trade's own row in line with them.</summary>
internal sealed class FillService(TradeAccess access, IEnumerable<ITradeGate> gates, TimeProvider clock)
{
    /// <summary>The most fills of a trade, because each new one is computed together with all others. An exit that closes it is always taken.</summary>
    public const int Most = 1000;

    /// <summary>Stores a checked fill, or finds the one that was stored under its external id before.</summary>
    public async ValueTask<StoredFill> AddAsync(Session session, Caller caller, long tradeId, NewFill fill)
    {
        var trade = await access.FindOwnAsync(session, caller, tradeId);
        if (fill.ExternalId is { } externalId && await FillStore.FindExternalAsync(session, tradeId, externalId) is { } known)
        {
            Demand(known, fill);
            return new(known, trade, trade, false);
        }

        return await StoreAsync(session, caller, trade, fill);
    }

    /// <summary>Stores an exit of an open trade that a close describes: of a part of it, or of what is left of a trade with fills.</summary>
    /// <param name="trade">The trade, with what the close says of its fees and its funding.</param>
    public async ValueTask<StoredFill> CloseAsync(Session session, Caller caller, Trade trade, TradeClose close)
    {
        // The fees of a close are those of the whole trade up to now.
        var fees = close.Fees is { } whole ? TradeResults.Difference(whole, trade.Fees ?? 0) : (decimal?)null;
        var exit = new NewFill { Kind = "exit", Price = close.ExitPrice, Quantity = close.Quantity ?? trade.RemainingQuantity, Fees = fees, FilledAt = close.ClosedAt };
        try
        {
            return await StoreAsync(session, caller, trade, exit);
        }
        catch (Refusal refusal) when (refusal.Details is [{ Field: "price" or "filled_at" } detail])
        {
            throw Refusal.Invalid(detail.Field == "price" ? "exit_price" : "closed_at", detail.Message);
        }
    }

    /// <summary>Corrects a closed trade that has fills: its fees, price and time are those of its last exit.</summary>
    /// <param name="before">The stored trade.</param>
    /// <param name="corrected">The same with the corrected values.</param>
    /// <param name="fields">What was corrected.</param>
    /// <returns>False if the table fills has no rows of it.</returns>
    public static async ValueTask<bool> TryCorrectAsync(Session session, Trade before, Trade corrected, TradeFields fields)
    {
        var fills = await TradeFills.OfAsync(session, corrected);
        if (fills.Stored == 0 || fills.Last is not { IsEntry: false } exit || !(fills.Left <= TradeFills.ResidueOf(before)))
        {
            return false;
        }

        if ((fields & TradeFields.ExitPrice) != 0 && fills.Exits > 1)
        {
            throw new Refusal(409, ErrorCodes.TradeHasFills, "Trade has several exits",
                "Its exit_price is the mean of its exits. Void the trade with POST /api/trades/{id}/void and store it again with the right fills.");
        }

        var right = exit with
        {
            Price = (fields & TradeFields.ExitPrice) != 0 ? corrected.ExitPrice : exit.Price,
            Fees = (fields & TradeFields.Fees) != 0
                ? TradeResults.Difference(corrected.Fees ?? 0, TradeResults.Difference(before.Fees ?? 0, exit.Fees ?? 0)) : exit.Fees,
            FilledAt = (fields & TradeFields.ClosedAt) != 0 ? corrected.ClosedAt : exit.FilledAt,
        };
        fills.Replace(exit, right);
        if (fills.Last != right)
        {
            throw Refusal.Invalid("closed_at", "must not be before the other fills of the trade");
        }

        var trade = fills.Apply(null);
        await FillStore.UpdateAsync(session, right);
        await TradeStore.CloseFilledAsync(session, trade);
        return true;
    }

    /// <summary>Returns the fills of a trade, newest first.</summary>
    public static async ValueTask<Page<Fill>> PageAsync(Session session, long tradeId, QueryValues query)
    {
        var fills = await TradeFills.ShownAsync(session, await TradeAccess.FindAsync(session, tradeId));
        fills.Reverse();
        var start = 0;
        if (query.Text("cursor") is { } cursor)
        {
            var after = ListPosition.Parse(FillStore.Table.Name, cursor);
            start = fills.FindIndex(fill => PositionOf(fill) == after) + 1;
            if (start == 0)
            {
                throw ListPosition.Foreign();
            }
        }

        var page = fills.Skip(start).Take(query.Whole("limit")).ToList();
        return new(true, page.Count, page, start + page.Count < fills.Count ? PositionOf(page[^1]).Text(FillStore.Table.Name) : null);
    }

    /// <summary>Fills of the trade's own row have no id, but at most one is an entry and one an exit.</summary>
    private static ListPosition PositionOf(Fill fill) => new(fill.IsEntry ? "entry" : "exit", fill.Id ?? 0);

    private async ValueTask<StoredFill> StoreAsync(Session session, Caller caller, Trade trade, NewFill fill)
    {
        if (trade.IsClosed)
        {
            throw TradeAccess.AlreadyClosed("A closed trade takes no fills. GET /api/trades/{id}/fills shows how it was closed; a position that opens again is a new trade.");
        }

        if (fill.IsEntry)
        {
            foreach (var gate in gates)
            {
                await gate.DemandAsync(session, trade.BotName, trade.Mode);
            }
        }

        var fills = await TradeFills.OfAsync(session, trade);
        var filledAt = Timestamps.Cut(fill.FilledAt ?? Now(trade));
        if (filledAt < (trade.Timestamp is { } opened ? Timestamps.Cut(opened) : filledAt))
        {
            throw Refusal.Invalid("filled_at", "must not be before the trade's timestamp");
        }

        var changed = fills.Apply(new() { TradeId = trade.Id, Kind = fill.IsEntry ? "entry" : "exit", Price = fill.Price, Quantity = fill.Quantity, Fees = fill.Fees, FilledAt = filledAt });
        if (fills.Stored >= Most && !changed.IsClosed)
        {
            throw new Refusal(409, ErrorCodes.TooManyFills, "Trade has too many fills",
                string.Create(CultureInfo.InvariantCulture, $"A trade takes {Most} fills, and after that the exit that closes it. Put small fills of one order together, or open another trade."));
        }

        if (fills.Opening is { } opening)
        {
            var entry = new NewFill { Kind = "entry", Price = opening.Price, Quantity = opening.Quantity, Fees = opening.Fees };
            await FillStore.Table.StoreAsync(session, caller, entry, filledAt, ("trade_id", trade.Id), ("filled_at", opening.FilledAt));
        }

        var stored = await FillStore.Table.StoreAsync(session, caller, fill, filledAt, ("trade_id", trade.Id), ("filled_at", filledAt));
        await (changed.IsClosed ? TradeStore.CloseFilledAsync(session, changed) : TradeStore.UpdateFilledAsync(session, changed));
        return new(stored, trade, await TradeAccess.FindAsync(session, trade.Id), true);
    }

    /// <summary>Now; or, if the trade was opened by a clock that is ahead, its opening.</summary>
    private DateTimeOffset Now(Trade trade) => clock.GetUtcNow() is var now && trade.Timestamp > now ? trade.Timestamp.Value : now;

    private static void Demand(Fill known, NewFill sent)
    {
        var others = TradeRepetition.Differences(known, sent);
        if (others.Count > 0)
        {
            throw new Refusal(409, ErrorCodes.ExternalIdTaken, "External id taken", string.Create(CultureInfo.InvariantCulture,
                $"Fill {known.Id} of this trade has this external_id and is not the same in {string.Join(", ", others)}. Another fill needs an external_id of its own."))
            { Details = [.. others.Select(static field => new FieldError(field, "is not what is stored"))] };
        }
    }
}

/// <summary>A stored fill, and its trade before and after it.</summary>
/// <param name="IsNew">Whether it was not stored before.</param>
internal sealed record StoredFill(Fill Fill, Trade Before, Trade After, bool IsNew);

using System.Globalization;
using Pilothouse.Auth;
using Pilothouse.Contract;
using Pilothouse.Operations;
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
        var step = new TradeStep(trade);
        var (stored, isNew) = await AddAsync(session, caller, step, fill);
        return new(stored, trade, await FinishAsync(session, step), isNew);
    }

    /// <summary>Stores several checked fills of a trade, which are computed together.</summary>
    /// <exception cref="Refusal">It names the first fill that does not fit.</exception>
    public async ValueTask<List<StoredFill>> AddManyAsync(Session session, Caller caller, long tradeId, IReadOnlyList<NewFill> fills)
    {
        var trade = await access.FindOwnAsync(session, caller, tradeId);
        var step = new TradeStep(trade);
        var stored = new List<(Fill Fill, bool IsNew)>(fills.Count);
        for (var i = 0; i < fills.Count; i++)
        {
            try
            {
                stored.Add(await AddAsync(session, caller, step, fills[i]));
            }
            catch (Refusal refusal)
            {
                throw BatchItems.About(i, refusal);
            }
        }

        var after = await FinishAsync(session, step);
        return stored.ConvertAll(one => new StoredFill(one.Fill, trade, after, one.IsNew));
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
            var step = new TradeStep(trade);
            var stored = await StoreAsync(session, caller, step, exit);
            return new(stored, trade, await FinishAsync(session, step), true);
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
        if (!fills.AreStored || fills.Last is not { IsEntry: false } exit || !(fills.Left <= TradeFills.ResidueOf(before)))
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

        var trade = fills.Result();
        await FillStore.UpdateAsync(session, right);
        await TradeStore.CloseFilledAsync(session, trade);
        return true;
    }

    /// <summary>Returns the fills of a trade, newest first.</summary>
    public static async ValueTask<Page<Fill>> PageAsync(Session session, long tradeId, QueryValues query)
    {
        var fills = await ShownFills.OfAsync(session, await TradeAccess.FindAsync(session, tradeId));
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

    private async ValueTask<(Fill Fill, bool IsNew)> AddAsync(Session session, Caller caller, TradeStep step, NewFill fill)
    {
        if (fill.ExternalId is { } externalId && await FillStore.FindExternalAsync(session, step.Trade.Id, externalId) is { } known)
        {
            Demand(known, fill);
            return (known, false);
        }

        return (await StoreAsync(session, caller, step, fill), true);
    }

    /// <summary>Stores a fill. The row of the trade follows when all are stored.</summary>
    private async ValueTask<Fill> StoreAsync(Session session, Caller caller, TradeStep step, NewFill fill)
    {
        var trade = step.Trade;
        if (step.Result.IsClosed)
        {
            throw TradeAccess.AlreadyClosed("A closed trade takes no fills. GET /api/trades/{id}/fills shows how it was closed; a position that opens again is a new trade.");
        }

        foreach (var gate in fill.IsEntry ? gates : [])
        {
            await gate.DemandAsync(session, new(trade.BotName, trade.TradingPair ?? "", trade.Side ?? "", trade.Mode, trade.Id, fill.Price, fill.Quantity));
        }

        var fills = step.Fills ??= await TradeFills.OfAsync(session, trade);
        var filledAt = Timestamps.Cut(fill.FilledAt ?? Now(fills.Last.FilledAt ?? trade.Timestamp));
        if (filledAt < (trade.Timestamp is { } opened ? Timestamps.Cut(opened) : filledAt))
        {
            throw Refusal.Invalid("filled_at", "must not be before the trade's timestamp");
        }

        var opening = fills.Opening;
        var added = new Fill { TradeId = trade.Id, Kind = fill.IsEntry ? "entry" : "exit", Price = fill.Price, Quantity = fill.Quantity, Fees = fill.Fees, FilledAt = filledAt };
        fills.Add(added);
        step.Result = fills.Result();
        if (fills.Count > Most && !step.Result.IsClosed)
        {
            throw new Refusal(409, ErrorCodes.TooManyFills, "Trade has too many fills",
                string.Create(CultureInfo.InvariantCulture, $"A trade takes {Most} fills, and after that the exit that closes it. Put small fills of one order together, or open another trade."));
        }

        if (opening is not null)
        {
            var entry = new NewFill { Kind = "entry", Price = opening.Price, Quantity = opening.Quantity, Fees = opening.Fees };
            fills.Keep(opening, await FillStore.Table.StoreAsync(session, caller, entry, filledAt, ("trade_id", trade.Id), ("filled_at", opening.FilledAt)));
        }

        var stored = await FillStore.Table.StoreAsync(session, caller, fill, filledAt, ("trade_id", trade.Id), ("filled_at", filledAt));
        fills.Keep(added, stored);
        return stored;
    }

    /// <summary>Brings the row of the trade in line with its fills, if there are new ones.</summary>
    /// <returns>The trade as it now is.</returns>
    private static async ValueTask<Trade> FinishAsync(Session session, TradeStep step)
    {
        if (step.Fills is null)
        {
            return step.Trade;
        }

        await (step.Result.IsClosed ? TradeStore.CloseFilledAsync(session, step.Result) : TradeStore.UpdateFilledAsync(session, step.Result));
        return await TradeAccess.FindAsync(session, step.Trade.Id);
    }

    /// <summary>Now; or the time of the fill before it, if a clock that is ahead gave that.</summary>
    private DateTimeOffset Now(DateTimeOffset? last) => clock.GetUtcNow() is var now && last > now ? last.Value : now;

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

/// <summary>The fills that one write adds to a trade.</summary>
internal sealed class TradeStep(Trade trade)
{
    /// <summary>The trade before the write.</summary>
    public Trade Trade { get; } = trade;

    /// <summary>The trade with the fills that were added until now.</summary>
    public Trade Result { get; set; } = trade;

    /// <summary>Its fills; null until one is added.</summary>
    public TradeFills? Fills { get; set; }
}

/// <summary>A stored fill, and its trade before and after it.</summary>
/// <param name="IsNew">Whether it was not stored before.</param>
internal sealed record StoredFill(Fill Fill, Trade Before, Trade After, bool IsNew);

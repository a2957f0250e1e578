using System.Globalization;
using Pilothouse.Auth;
using Pilothouse.Contract;
using Pilothouse.Storage;

namespace Pilothouse.Trades;

/// <summary>A trade as another system keeps it.</summary>
/// <param name="Trade">The trade, with an external_id. Where there are fills, they say its prices, its quantity, its fees and whether it is closed.</param>
/// <param name="Fills">Its entries and exits in the order of time, each with an external_id; none if the trade has one entry and one exit at most.</param>
/// <param name="FirstStop">The first stop that was set; that of the trade if it is null.</param>
internal sealed record MirroredTrade(NewTrade Trade, IReadOnlyList<NewFill> Fills, decimal? FirstStop);

/// <summary>
/// Stores trades that another system keeps, and brings them in line with it when they have changed there. Such trades are history, so the
/// circuit breaker is not asked.
/// </summary>
internal sealed class TradeMirror(TimeProvider clock)
{
    private static readonly Sql RemoveFill = new("DELETE FROM fills WHERE id = @id");

    /// <summary>Stores a checked trade with its fills, or changes the one that is stored under its external id.</summary>
    /// <returns>Its id.</returns>
    /// <exception cref="Refusal">The fills do not fit together, or the stored trade is another one or is voided.</exception>
    public async ValueTask<long> StoreAsync(Session session, Caller caller, MirroredTrade mirrored)
    {
        var trade = mirrored.Trade;
        var known = await FindAsync(session, caller, trade);
        var timestamp = Timestamps.Cut(trade.Timestamp ?? trade.ClosedAt ?? clock.GetUtcNow());
        var figures = mirrored.Fills.Count > 0 ? OfFills(mirrored, timestamp) : trade.IsClosed ? OfClosed(trade, timestamp) : OfOpen(trade);
        (string Column, object? Value)[] filledIn = [.. figures, ("initial_stop_loss", mirrored.FirstStop ?? trade.StopLoss)];
        if (known is null)
        {
            var stored = await TradeStore.Table.StoreAsync(session, caller, trade, timestamp, filledIn);
            await StoreFillsAsync(session, caller, stored.Id, [], mirrored.Fills, timestamp);
            return stored.Id;
        }

        // What the other system does not keep stays as it is here.
        var merged = trade with
        {
            TakeProfit = trade.TakeProfit ?? known.TakeProfit,
            SignalId = trade.SignalId ?? known.SignalId,
            PositionMode = trade.PositionMode ?? known.PositionMode,
        };
        await TradeStore.Table.ReplaceAsync(session, caller, known.Id, merged, timestamp, filledIn);
        await StoreFillsAsync(session, caller, known.Id, await FillStore.OfTradeAsync(session, known.Id), mirrored.Fills, timestamp);
        return known.Id;
    }

    /// <summary>Returns the trade that is stored under the external id; null if there is none.</summary>
    /// <exception cref="Refusal">It is another trade, or is voided.</exception>
    public static async ValueTask<Trade?> FindAsync(Session session, Caller caller, NewTrade trade)
    {
        if (await TradeStore.FindExternalAsync(session, caller.BotFor(trade.BotName), trade.ExternalId!) is not { } known)
        {
            return null;
        }

        var id = known.Id.ToString(CultureInfo.InvariantCulture);
        if (known.IsVoided)
        {
            throw new Refusal(409, ErrorCodes.TradeVoided, "Trade is voided", $"Trade {id} has this external_id, and it was voided here. A voided trade does not change.");
        }

        var isSame = trade.TradingPair!.Equals(known.TradingPair, StringComparison.OrdinalIgnoreCase)
            && NewTrade.Sides.Normal(trade.Side) == NewTrade.Sides.Normal(known.Side)
            && (trade.Timestamp is not { } opened || (known.Timestamp is { } stored && Timestamps.Cut(opened) == Timestamps.Cut(stored)));
        return isSame ? known : throw new Refusal(409, ErrorCodes.ExternalIdTaken, "External id taken",
            $"Trade {id} has this external_id, and another pair, side or time of opening. The source is another one than before: give it a bot name of its own.");
    }

    /// <summary>The columns of a closed trade with one entry and one exit that the server computes.</summary>
    /// <exception cref="Refusal">They cannot be computed.</exception>
    public static (string Column, object? Value)[] OfClosed(NewTrade trade, DateTimeOffset timestamp)
    {
        var closedAt = Timestamps.Cut(trade.ClosedAt ?? timestamp);
        TradeResults.CheckOrder(timestamp, closedAt);
        var terms = TradeTerms.Of(trade);
        var result = TradeResults.Of(
            terms, NewTrade.Sides.Normal(trade.Side)!, trade.EntryPrice!.Value, trade.ExitPrice!.Value, trade.Quantity!.Value, trade.Fees, trade.Funding);
        return
        [
            ("closed_at", closedAt), ("pnl", result.Pnl), ("pnl_percentage", result.PnlPercentage), ("remaining_quantity", 0m),
            ("realized_pnl", TradeResults.Realized(terms, result, trade.Funding, null)),
        ];
    }

    private static (string Column, object? Value)[] OfOpen(NewTrade trade)
    {
        _ = TradeTerms.Of(trade).Paid(trade.Fees);
        return [("pnl", 0m)];
    }

    private static (string Column, object? Value)[] OfFills(MirroredTrade mirrored, DateTimeOffset timestamp)
    {
        var trade = mirrored.Trade;
        var terms = TradeTerms.Of(trade);
        var position = new FilledPosition(terms.Contract, NewTrade.Sides.Normal(trade.Side) == "BUY", terms.FeeRate ?? 1);
        var last = timestamp;
        foreach (var (number, fill) in mirrored.Fills.Index())
        {
            var at = TimeOf(fill, last);
            if (at < last)
            {
                throw Refusal.Invalid($"fills[{number}].filled_at", "must not be before the fills before it, or the opening of the trade");
            }

            last = at;
            var fault = position.TryAdd(new Fill { Kind = fill.Kind, Price = fill.Price, Quantity = fill.Quantity, Fees = fill.Fees, FilledAt = last }, out _);
            if (fault != PositionFault.None)
            {
                throw Refusal.Invalid($"fills[{number}]", fault == PositionFault.TooMuchClosed ? "closes more than was open" : "makes an amount that cannot be computed");
            }
        }

        try
        {
            _ = terms.Paid(position.Fees);
            var isClosed = position.Open == 0;
            var pnl = isClosed ? position.PnlWith(trade.Funding ?? 0) : 0;
            return
            [
                ("quantity", position.Quantity), ("entry_price", position.EntryPrice), ("fees", position.Fees),
                ("remaining_quantity", position.Open), ("realized_pnl", position.RealizedPnl), ("average_cost", position.AverageCost),
                ("status", isClosed ? "closed" : "open"), ("exit_price", isClosed ? position.ExitPrice : null),
                ("closed_at", isClosed ? position.LastExit : null), ("pnl", pnl),
                ("pnl_percentage", isClosed ? TradePnl.Percentage(pnl, position.EntryPrice, position.Quantity, terms.Leverage ?? 1, terms.Contract) : null),
            ];
        }
        catch (OverflowException)
        {
            throw Refusal.Invalid("fills", "make an amount that is too large to compute");
        }
    }

    /// <summary>Brings the stored fills of a trade in line with these. One that the other system has no more is removed.</summary>
    private static async ValueTask StoreFillsAsync(
        Session session, Caller caller, long tradeId, List<Fill> stored, IReadOnlyList<NewFill> fills, DateTimeOffset timestamp)
    {
        var kept = new HashSet<long>();
        var last = timestamp;
        foreach (var fill in fills)
        {
            last = TimeOf(fill, last);
            (string Column, object? Value)[] filledIn = [("trade_id", tradeId), ("filled_at", last)];
            if (stored.Find(one => one.ExternalId == fill.ExternalId && !kept.Contains(one.Id!.Value)) is not { Id: { } id } known)
            {
                await FillStore.Table.StoreAsync(session, caller, fill, last, filledIn);
                continue;
            }

            kept.Add(id);
            if (TradeRepetition.Differences(known, fill with { FilledAt = last }).Count > 0)
            {
                await FillStore.Table.ReplaceAsync(session, caller, id, fill, last, filledIn);
            }
        }

        foreach (var fill in stored.Where(fill => !kept.Contains(fill.Id!.Value)))
        {
            await session.Prepare(RemoveFill).Set("id", fill.Id).ExecuteAsync();
        }
    }

    private static DateTimeOffset TimeOf(NewFill fill, DateTimeOffset last) => fill.FilledAt is { } at ? Timestamps.Cut(at) : last;
}

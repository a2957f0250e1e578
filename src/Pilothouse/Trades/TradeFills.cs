using System.Globalization;
using Pilothouse.Contract;
using Pilothouse.Storage;

namespace Pilothouse.Trades;

/// <summary>
/// All fills of one trade in the order of time, and the trade as they make it. A trade without rows in the table fills has its entry, and
/// its exit if it is closed, in its own row only (docs/decisions/0033-fills.md).
/// </summary>
internal sealed class TradeFills
{
    private readonly Trade trade;
    private readonly TradeTerms terms;
    private readonly bool isBuy;
    private readonly List<Fill> fills;

    /// <summary>What all fills add up to; null until they are added up.</summary>
    private FilledPosition? position;

    private TradeFills(Trade trade, List<Fill> fills)
    {
        this.trade = trade;
        this.fills = fills;
        terms = TradeTerms.Of(trade);
        isBuy = NewTrade.Sides.Normal(trade.Side) switch
        {
            "BUY" => true,
            "SELL" => false,
            _ => throw Unreadable(),
        };
    }

    public int Count => fills.Count;

    /// <summary>Whether the table fills has rows of the trade.</summary>
    public bool AreStored => fills[0].Id is not null;

    /// <summary>The entry of a trade without rows in the table fills, which gets one before the next fill; else null.</summary>
    public Fill? Opening => AreStored ? null : fills[0];

    /// <summary>The last one in the order of time.</summary>
    public Fill Last => fills[^1];

    /// <summary>What is left open of the entries; null if it does not fit a decimal.</summary>
    public decimal? Left => LeftOf(fills);

    /// <summary>The size of the differences that doubles leave over.</summary>
    public static decimal ResidueOf(Trade trade) => Math.Abs(trade.Quantity ?? 0) * FilledPosition.Residue;

    public int Exits => fills.Count(static fill => !fill.IsEntry);

    /// <summary>Reads the fills of an open trade, or of a closed one that has rows in the table fills.</summary>
    public static async ValueTask<TradeFills> OfAsync(Session session, Trade trade)
    {
        var stored = await FillStore.OfTradeAsync(session, trade.Id);
        return new(trade, stored.Count > 0 ? stored : [OpeningOf(trade)]);
    }

    /// <summary>Adds a fill that is not stored yet.</summary>
    /// <exception cref="Refusal">It does not fit to the others.</exception>
    public void Add(Fill added)
    {
        var place = fills.FindLastIndex(fill => !(fill.FilledAt > added.FilledAt)) + 1;
        fills.Insert(place, added);
        if (position is not null && place == fills.Count - 1)
        {
            Take(position, added, added);
        }
        else
        {
            position = Replay(added);
        }
    }

    /// <summary>Puts a stored fill in the place of the one that was added last.</summary>
    public void Keep(Fill added, Fill stored) => fills[fills.LastIndexOf(added)] = stored;

    /// <summary>Replaces a stored fill by a corrected one.</summary>
    public void Replace(Fill old, Fill corrected)
    {
        position = null;
        fills.Remove(old);
        fills.Insert(fills.FindLastIndex(fill => !(fill.FilledAt > corrected.FilledAt)) + 1, corrected);
    }

    /// <summary>Returns the trade as these fills make it.</summary>
    /// <exception cref="Refusal">The fills do not fit together.</exception>
    public Trade Result()
    {
        var all = position ??= Replay(null);
        try
        {
            var changed = trade with
            {
                Quantity = all.Quantity,
                EntryPrice = all.EntryPrice,
                Fees = all.Fees,
                RemainingQuantity = all.Open,
                RealizedPnl = all.RealizedPnl,
                AverageCost = all.AverageCost,
            };
            return all.Open > 0 ? changed : Close(changed, all);
        }
        catch (OverflowException)
        {
            throw TooLarge(fills.FindLast(static fill => fill.Id is null));
        }
    }

    private FilledPosition Replay(Fill? added)
    {
        var all = new FilledPosition(terms.Contract, isBuy, terms.FeeRate ?? 1);
        fills.ForEach(fill => Take(all, fill, added));
        return all;
    }

    private void Take(FilledPosition all, Fill fill, Fill? added)
    {
        if (terms.FeeRate is null && fill.Fees is not null and not 0)
        {
            terms.Paid(fill.Fees);
        }

        var fault = all.TryAdd(fill, out _);
        if (fault != PositionFault.None)
        {
            throw Refused(fault, added, fill);
        }
    }

    private Trade Close(Trade changed, FilledPosition position)
    {
        var pnl = position.PnlWith(trade.Funding ?? 0);
        return changed with
        {
            Status = "closed",
            ExitPrice = position.ExitPrice,
            ClosedAt = position.LastExit,
            Pnl = pnl,
            PnlPercentage = TradePnl.Percentage(pnl, position.EntryPrice, position.Quantity, terms.Leverage ?? 1, terms.Contract),
        };
    }

    private Refusal Refused(PositionFault fault, Fill? added, Fill at)
    {
        var isNew = ReferenceEquals(added, at);
        return fault switch
        {
            PositionFault.TooLarge => TooLarge(added),
            PositionFault.TooSmall => Refusal.Invalid("price", "makes an amount that is too small to be kept"),
            PositionFault.Worthless when isNew => Refusal.Invalid("price", "must be greater than 0, because the contract is inverse"),
            PositionFault.TooMuchClosed when isNew && LeftOf(fills.FindAll(fill => !ReferenceEquals(fill, added))) is { } left && at.Quantity > left => Refusal.Invalid("quantity",
                string.Create(CultureInfo.InvariantCulture, $"is more than the {left} that are left open")),
            PositionFault.TooMuchClosed when added is not null => Refusal.Invalid("filled_at", isNew
                ? "must not be before the entries that it closes"
                : "must not be before an exit that is stored and closes what was open then"),
            _ => Unreadable(),
        };
    }

    private static Refusal TooLarge(Fill? added) => Refusal.Invalid(added is null ? "exit_price" : "price", "makes an amount that is too large to compute");

    private static Refusal Unreadable() =>
        TradeAccess.Unreadable("Trade cannot be computed", "a side, an entry_price, a quantity or fills of this trade that do not fit together");

    /// <summary>Fills have milliseconds, and Python writes microseconds: no fill of the same moment is before the opening.</summary>
    public static Fill OpeningOf(Trade trade) => new()
    {
        TradeId = trade.Id,
        Kind = "entry",
        Price = trade.EntryPrice,
        Quantity = trade.Quantity,
        Fees = trade.Fees,
        FilledAt = trade.Timestamp is { } opened ? Timestamps.Cut(opened) : null,
    };

    /// <summary>What is left open of the entries; null if it does not fit a decimal.</summary>
    public static decimal? LeftOf(List<Fill> fills) => fills.Aggregate(
        default(MoneySum), static (sum, fill) => sum.Plus(fill.IsEntry ? fill.Quantity ?? 0 : -fill.Quantity ?? 0)).Value;
}

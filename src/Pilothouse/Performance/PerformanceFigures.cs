using Pilothouse.Storage;
using Pilothouse.Trades;

namespace Pilothouse.Performance;

/// <summary>
/// Computes the figures of docs/metrics.md over closed trades, which are added one at a time in the order in which they closed. It keeps
/// running sums and one entry per calendar day, but never the trades, so a million of them cost no memory. A report can be made at any
/// time, and more trades can be added afterwards. Not thread-safe.
/// </summary>
internal sealed partial class PerformanceFigures(EquityPlan plan, TimeZoneInfo zone)
{
    private readonly EquityCurve equity = new(plan.StartingBalance);
    private MoneyDrawdown drawdown = new();
    private DailyPnl days = new();
    private readonly List<EquityFlow> flows = [.. plan.Flows];
    private readonly CalendarDays calendar = new(zone);
    private readonly LeftOutTrades leftOut = new();
    private readonly Currencies? currencies = Currencies.For(plan, zone);
    private int flowed;
    private MoneySum money = new(plan.StartingBalance ?? 0, false);
    private MoneySum flowsUntilNow;
    private (DateOnly First, DateOnly Last)? returnDays;
    private int accounts = plan.Accounts;
    private MoneySum profit;
    private MoneySum wins;
    private MoneySum losses;
    private MoneySum fees;
    private decimal maxWin;
    private decimal maxLoss;
    private long trades;
    private long winning;
    private long losing;
    private long winStreak;
    private long lossStreak;
    private long longestWinStreak;
    private long longestLossStreak;
    private Int128 heldTicks;
    private double mean;
    private double squares;

    /// <summary>The closing time and the id of the trade that was added last; null before the first.</summary>
    public (DateTimeOffset ClosedAt, long Id)? Last { get; private set; }

    /// <summary>Whether the trade comes after all that were added. If not, the figures must be computed from the beginning.</summary>
    public bool CanAppend(in ClosedTrade trade) => Last is not { } last || last.ClosedAt < trade.ClosedAt || (last.ClosedAt == trade.ClosedAt && last.Id < trade.Id);

    /// <summary>Figures over one account that holds all trades, with that starting balance, if any.</summary>
    public PerformanceFigures(decimal? startingBalance, TimeZoneInfo zone)
        : this(EquityPlan.OneAccount(startingBalance), zone)
    {
    }

    /// <summary>Adds the next trade by (closed at, id). A trade out of order is a bug of the caller and throws.</summary>
    /// <param name="part">Whether it counts, and whether it changes the equity.</param>
    /// <param name="opensAt">When its account opened, if that is not before its close.</param>
    public void Add(in ClosedTrade trade, TradePart part = TradePart.Both, DateTimeOffset? opensAt = null)
    {
        if (!CanAppend(trade))
        {
            throw new ArgumentException($"Trade {trade.Id} closed before the trade added last.", nameof(trade));
        }

        Last = (trade.ClosedAt, trade.Id);
        var day = calendar.Of(trade.ClosedAt);
        BeginIfNew(trade.ClosedAt);
        Flow(opensAt > trade.ClosedAt ? opensAt.Value : trade.ClosedAt);
        currencies?.Add(trade, part, this);
        var moves = plan.Converted == Converted.None ? trade.Pnl : trade.InReporting().Pnl;
        money = part.Has(TradePart.MovesEquity) ? money.Plus(moves) : money;
        if (part.Has(TradePart.Counts))
        {
            Count(plan.Converted == Converted.All ? trade.InReporting() : trade, moves, part, day);
        }
        else if (part.Has(TradePart.MovesEquity))
        {
            equity.Shift(moves, trade.ClosedAt);
        }

        if (!plan.IsPart)
        {
            Follow(trade.ClosedAt, day, part);
        }
    }

    /// <param name="trade">With the amounts that count.</param>
    /// <param name="moves">The amount by which it changes the equity.</param>
    private void Count(in ClosedTrade trade, decimal moves, TradePart part, DateOnly day)
    {
        trades++;
        profit = profit.Plus(trade.Pnl);
        fees = fees.Plus(trade.Fees);
        heldTicks += trade.ClosedAt.UtcTicks - trade.OpenedAt.UtcTicks;
        CountResult(trade.Pnl);
        Deviate(Exact.ToDouble(trade.Pnl));
        drawdown.Add(trade.Pnl, trade.ClosedAt);
        days.Add(trade, day);
        if (part.Has(TradePart.MovesEquity))
        {
            returnDays = returnDays is not { } span ? (day, day) : (day < span.First ? day : span.First, day > span.Last ? day : span.Last);
            equity.Add(moves, trade.ClosedAt, day);
        }
    }

    /// <summary>Returns figures with a plan of a part over the trades that count here, which all settle in one asset.</summary>
    public PerformanceFigures OfCounted(EquityPlan part) => new(part, zone)
    {
        Last = Last,
        drawdown = drawdown.Copy(),
        days = days.OfTrades(),
        trades = trades,
        winning = winning,
        losing = losing,
        profit = profit,
        wins = wins,
        losses = losses,
        fees = fees,
        maxWin = maxWin,
        maxLoss = maxLoss,
        winStreak = winStreak,
        lossStreak = lossStreak,
        longestWinStreak = longestWinStreak,
        longestLossStreak = longestLossStreak,
        heldTicks = heldTicks,
        mean = mean,
        squares = squares,
    };

    /// <summary>Records that a trade of this bot and mode counts, but that its account's equity is unknown.</summary>
    public void LeaveOut(string? bot, string? mode) => leftOut.Add(bot, mode);

    /// <summary>The states of the equity; null if nobody asks for them.</summary>
    public EquitySeries? Series { get; init; }

    /// <summary>The days on which trades closed, or money came or went.</summary>
    public DailyPnl ByDay => days;

    /// <summary>The last reported balances less the equity that was computed for those moments; null without reports.</summary>
    public decimal? Unexplained { get; set; }

    /// <summary>By what amounts were converted; null if they were not.</summary>
    public Conversion? Conversion { get; set; }

    /// <summary>Whether the trades had to be sorted before they were added.</summary>
    public bool IsSorted { get; set; }

    /// <summary>How trades in several currencies are put together; null for the figures of one currency.</summary>
    public Currencies? Currencies => currencies;

    /// <summary>The number of trades that count.</summary>
    public long Trades => trades;

    /// <summary>Adds the assets of trades from which the opening equity of accounts was computed.</summary>
    public void MoveIn(AssetCounts assets) => currencies?.Move(assets);

    /// <summary>Adds what comes or goes after all trades that were added.</summary>
    /// <param name="joins">Whether it is an account that joins.</param>
    public void Expect(in EquityFlow flow, bool joins)
    {
        var index = flows.Count;
        while (index > flowed && flows[index - 1].At > flow.At)
        {
            index--;
        }

        flows.Insert(index, flow);
        currencies?.Flow(flow);
        accounts += joins ? 1 : 0;
    }

    /// <summary>The time of the last flow that was added without a trade. A trade from before it cannot be added any more.</summary>
    public DateTimeOffset? FlowedUntil { get; private set; }

    /// <summary>Adds what came or went until then, after the last trade that is added for now.</summary>
    public void FlowUntil(DateTimeOffset until)
    {
        var before = flowed;
        Flow(until);
        FlowedUntil = flowed > before ? flows[flowed - 1].At : FlowedUntil;
    }

    private void Flow(DateTimeOffset until)
    {
        for (; flowed < flows.Count && flows[flowed].At <= until; flowed++)
        {
            var (at, amount, _) = flows[flowed];
            BeginIfNew(at);
            equity.Flow(amount);
            money = money.Plus(amount);
            flowsUntilNow = flowsUntilNow.Plus(amount);
            var day = calendar.Of(at);
            days.On(day).Flows = days.On(day).Flows.Plus(amount);
            Follow(at, day, TradePart.MovesEquity);
        }
    }

    /// <summary>Notes the state after an event for the curve and for the day.</summary>
    private void Follow(DateTimeOffset at, DateOnly day, TradePart part)
    {
        if (part.Has(TradePart.Counts) || days.Days is [.., var last] && last.Day == day)
        {
            days.On(day).Equity = money;
        }

        Series?.Add(StateAt(Series.Count, at), equity.Marks, drawdown.Marks);
    }

    private void BeginIfNew(DateTimeOffset first)
    {
        if (Series is { Count: 0 } series)
        {
            series.Begin(StateAt(0, plan.StartsAt ?? first));
        }
    }

    private EquityState StateAt(long number, DateTimeOffset at) =>
        new(number, at, money, drawdown.Profit, flowsUntilNow, drawdown.Now, equity.Place, equity.NearDrawdown);

    private void CountResult(decimal pnl)
    {
        var sign = Math.Sign(pnl);
        winStreak = sign > 0 ? winStreak + 1 : 0;
        lossStreak = sign < 0 ? lossStreak + 1 : 0;
        longestWinStreak = Math.Max(longestWinStreak, winStreak);
        longestLossStreak = Math.Max(longestLossStreak, lossStreak);
        if (sign > 0)
        {
            winning++;
            wins = wins.Plus(pnl);
            maxWin = Math.Max(maxWin, pnl);
        }
        else if (sign < 0)
        {
            losing++;
            losses = losses.Plus(pnl);
            maxLoss = Math.Min(maxLoss, pnl);
        }
    }

    /// <summary>
    /// Adds to the running sum of squared deviations (B. P. Welford, 1962). The difference of two large sums of squares would lose every
    /// digit.
    /// </summary>
    private void Deviate(double pnl)
    {
        var difference = pnl - mean;
        mean += difference / trades;
        squares += difference * (pnl - mean);
    }
}

using Pilothouse.Storage;
using Pilothouse.Trades;

namespace Pilothouse.Performance;

/// <summary>
/// Computes the figures of docs/metrics.md over closed trades, which are added one at a time in the order in which they closed. It keeps
/// running sums and one entry per calendar day, but never the trades, so a million of them cost no memory. A report can be made at any
/// time, and more trades can be added afterwards. Not thread-safe.
/// </summary>
internal sealed class PerformanceFigures(EquityPlan plan, TimeZoneInfo zone)
{
    /// <summary>The significant digits of a mean: a double always keeps this many.</summary>
    private const int MeanDigits = 15;

    private readonly EquityCurve equity = new(plan.StartingBalance);
    private readonly MoneyDrawdown drawdown = new();
    private readonly DailyPnl days = new();
    private readonly List<AccountOpening> openings = [.. plan.Openings];
    private readonly LeftOutTrades leftOut = new();
    private readonly Currencies? currencies = Currencies.For(plan, zone);
    private int opened;
    private (DateOnly First, DateOnly Last)? returnDays;
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
    public bool CanAppend(in ClosedTrade trade) => Last is not { } last || last.CompareTo((trade.ClosedAt, trade.Id)) < 0;

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
        Open(opensAt > trade.ClosedAt ? opensAt.Value : trade.ClosedAt);
        currencies?.Add(trade, part);
        if (!part.Has(TradePart.Counts))
        {
            equity.Shift(part.Has(TradePart.MovesEquity) ? trade.Pnl : 0, trade.ClosedAt);
            return;
        }

        trades++;
        profit = profit.Plus(trade.Pnl);
        fees = fees.Plus(trade.Fees);
        heldTicks += trade.ClosedAt.UtcTicks - trade.OpenedAt.UtcTicks;
        Count(trade.Pnl);
        Deviate(Exact.ToDouble(trade.Pnl));
        drawdown.Add(trade.Pnl, trade.ClosedAt);
        var day = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(trade.ClosedAt, zone).DateTime);
        days.Add(trade.Pnl, day);
        if (part.Has(TradePart.MovesEquity))
        {
            returnDays = returnDays is not { } span ? (day, day) : (day < span.First ? day : span.First, day > span.Last ? day : span.Last);
            equity.Add(trade.Pnl, trade.ClosedAt, day);
        }
    }

    /// <summary>Records that a trade of this bot and mode counts, but that its account's equity is unknown.</summary>
    public void LeaveOut(string? bot, string? mode) => leftOut.Add(bot, mode);

    /// <summary>The number of trades that count.</summary>
    public long Trades => trades;

    /// <summary>Adds the assets of trades from which the opening equity of accounts was computed.</summary>
    public void MoveIn(AssetCounts assets) => currencies?.Move(assets);

    /// <summary>Adds an account that opened after all accounts and trades that were added.</summary>
    public void Expect(AccountOpening opening) => openings.Add(opening);

    /// <summary>Adds the equity of the accounts that have opened until then.</summary>
    private void Open(DateTimeOffset until)
    {
        for (; opened < openings.Count && openings[opened].At <= until; opened++)
        {
            equity.Shift(openings[opened].Equity, openings[opened].At);
        }
    }

    /// <summary>
    /// Returns the report over all trades added so far. Its cost grows with the number of days on which trades closed. The starting balance
    /// and the time zone in the report are those of the computation, whatever <paramref name="basis"/> contains.
    /// </summary>
    /// <param name="book">Gives the names of accounts whose trades were left out.</param>
    public PerformanceReport ToReport(PerformanceBasis basis, AccountBook? book = null)
    {
        var names = leftOut.Names(book);
        var undefined = new UndefinedFigures();
        var money = new MoneyFigures(undefined, currencies?.WhyNotAdded());
        var calendarDays = plan.CalendarDays(days.Span, returnDays);
        var inMoney = drawdown.Largest();
        var none = NoPercent(names);
        var inPercent = none ?? equity.LargestInPercent();
        var percent = FallFigures.Of(inPercent, static fall => EquityCurve.Percent(fall));
        var (daily, noReturns) = none is { Reason: { } why } ? (null, why) : equity.Returns(calendarDays);
        var cagr = none is { Reason: { } reason } ? reason : equity.Cagr(calendarDays);
        var report = new PerformanceReport
        {
            TotalTrades = trades,
            WinningTrades = winning,
            LosingTrades = losing,
            WinRate = trades == 0 ? 0 : 100.0 * winning / trades,
            TotalPnl = money.Note(nameof(PerformanceReport.TotalPnl), Sum(profit)),
            AvgWin = money.Note(nameof(PerformanceReport.AvgWin), Mean(wins, winning)),
            AvgLoss = money.Note(nameof(PerformanceReport.AvgLoss), Mean(losses, losing)),
            MaxWin = money.Note(nameof(PerformanceReport.MaxWin), (Figure<decimal>)maxWin),
            MaxLoss = money.Note(nameof(PerformanceReport.MaxLoss), (Figure<decimal>)maxLoss),
            RiskRewardRatio = money.Note(nameof(PerformanceReport.RiskRewardRatio), RiskReward()),
            BreakevenTrades = trades - winning - losing,
            TotalFees = money.Note(nameof(PerformanceReport.TotalFees), Sum(fees)),
            AvgHoldingSeconds = undefined.Note(nameof(PerformanceReport.AvgHoldingSeconds), AverageHolding()),
            LongestWinStreak = longestWinStreak,
            LongestLossStreak = longestLossStreak,
            BestDay = money.Note(nameof(PerformanceReport.BestDay), days.Best()),
            WorstDay = money.Note(nameof(PerformanceReport.WorstDay), days.Worst()),
            ProfitFactor = money.Note(nameof(PerformanceReport.ProfitFactor), PerLoss(wins, losses)),
            Expectancy = money.Note(nameof(PerformanceReport.Expectancy), trades == 0 ? Reasons.NoTrades : Mean(profit, trades)),
            ExpectancyRatio = money.Note(nameof(PerformanceReport.ExpectancyRatio), Scaled(PerLoss(profit, losses), losing, trades)),
            MaxDrawdown = money.Note(nameof(PerformanceReport.MaxDrawdown), FallFigures.Of(inMoney, static fall => fall.Amount)),
            MaxDrawdownPercent = undefined.Note(nameof(PerformanceReport.MaxDrawdownPercent), percent),
            MaxDrawdownFrom = money.Note(nameof(PerformanceReport.MaxDrawdownFrom), FallFigures.From(inMoney)),
            MaxDrawdownTo = money.Note(nameof(PerformanceReport.MaxDrawdownTo), FallFigures.To(inMoney)),
            MaxDrawdownPercentFrom = undefined.Note(nameof(PerformanceReport.MaxDrawdownPercentFrom), FallFigures.From(inPercent)),
            MaxDrawdownPercentTo = undefined.Note(nameof(PerformanceReport.MaxDrawdownPercentTo), FallFigures.To(inPercent)),
            SharpeRatio = undefined.Note(nameof(PerformanceReport.SharpeRatio), daily is null ? noReturns! : Ratios.Sharpe(daily)),
            SortinoRatio = undefined.Note(nameof(PerformanceReport.SortinoRatio), daily is null ? noReturns! : Ratios.Sortino(daily)),
            Cagr = undefined.Note(nameof(PerformanceReport.Cagr), cagr),
            CalmarRatio = undefined.Note(nameof(PerformanceReport.CalmarRatio), Ratios.Calmar(cagr, percent)),
            Sqn = money.Note(nameof(PerformanceReport.Sqn), Sqn()),
            ByCurrency = currencies?.Each() ?? [],
            Undefined = undefined.ByField,
            Basis = basis with
            {
                StartingBalance = plan.StartingBalance,
                TimeZone = zone.Id,
                Days = daily?.Days,
                Accounts = plan.Accounts + openings.Count - plan.Openings.Count,
                Flows = openings.Count,
                AccountsWithoutBalance = names,
                Currency = currencies?.Currency ?? SettleAsset.Reporting,
            },
        };
        LeftOutTrades.Note(plan.StartingBalance is null ? [] : names, undefined.ByField);
        return report;
    }

    /// <summary>Why every percent figure is unknown; null if the curve decides.</summary>
    private Figure<Fall>? NoPercent(IReadOnlyList<string> leftOutNames) =>
        currencies?.WhyNoEquity() is { } mixed ? new Figure<Fall>(null, mixed)
        : plan is { StartingBalance: null, WhyNone: { } reason } ? new Figure<Fall>(null, reason)
        : returnDays is null && leftOutNames.Count > 0 ? new Figure<Fall>(null, LeftOutTrades.Sentence(leftOutNames))
        : default(Figure<Fall>?);

    private void Count(decimal pnl)
    {
        winStreak = pnl > 0 ? winStreak + 1 : 0;
        lossStreak = pnl < 0 ? lossStreak + 1 : 0;
        longestWinStreak = Math.Max(longestWinStreak, winStreak);
        longestLossStreak = Math.Max(longestLossStreak, lossStreak);
        maxWin = Math.Max(maxWin, pnl);
        maxLoss = Math.Min(maxLoss, pnl);
        if (pnl > 0)
        {
            winning++;
            wins = wins.Plus(pnl);
        }
        else if (pnl < 0)
        {
            losing++;
            losses = losses.Plus(pnl);
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

    private static Figure<decimal> Sum(MoneySum sum) => sum.Value is { } amount ? amount : Reasons.TooLarge;

    private static Figure<decimal> Mean(MoneySum sum, long count) =>
        sum.Value is not { } amount ? Reasons.TooLarge : count == 0 ? 0m : Exact.ToDigits(amount / count, MeanDigits);

    /// <summary>Returns sum ÷ |sum of losses| as a double, since the quotient of money with 28 digits may not fit a decimal.</summary>
    private static Figure<double> PerLoss(MoneySum sum, MoneySum losses)
    {
        if (sum.Overflowed || losses.Overflowed)
        {
            return Reasons.TooLarge;
        }

        return losses.Amount == 0 ? Reasons.NoLoss : Exact.ToDouble(sum.Amount) / -Exact.ToDouble(losses.Amount);
    }

    /// <summary>Turns the ratio of two sums into the ratio of their means.</summary>
    private static Figure<double> Scaled(Figure<double> ratioOfSums, long losses, long count) =>
        ratioOfSums.Value is { } ratio ? ratio * losses / count : ratioOfSums;

    private Figure<double> RiskReward() =>
        winning == 0 || losing == 0 ? 0.0 : Scaled(PerLoss(wins, losses), losing, winning);

    private Figure<double> AverageHolding() =>
        trades == 0 ? Reasons.NoTrades
        : Exact.ToDouble(Exact.ToDigits((decimal)((double)heldTicks / trades) / TimeSpan.TicksPerSecond, MeanDigits));

    private Figure<double> Sqn() =>
        profit.Value is { } sum ? Ratios.Sqn(trades, Exact.ToDouble(sum) / trades, squares) : Reasons.TooLarge;
}

using Pilothouse.Storage;
using Pilothouse.Trades;

namespace Pilothouse.Performance;

/// <summary>The report of the figures.</summary>
internal sealed partial class PerformanceFigures
{
    /// <summary>The significant digits of a mean: a double always keeps this many.</summary>
    private const int MeanDigits = 15;

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
            Basis = BasisOf(basis, names) with { Days = daily?.Days },
        };
        LeftOutTrades.Note(plan.StartingBalance is null ? [] : names, undefined.ByField);
        return report;
    }

    private PerformanceBasis BasisOf(PerformanceBasis basis, IReadOnlyList<string> names) => basis with
    {
        StartingBalance = currencies?.WhyNoEquity() is null || basis.StartingBalanceSource == EquitySource.Parameter ? plan.StartingBalance : null,
        TimeZone = zone.Id,
        Accounts = accounts,
        Flows = flows.Count,
        AccountsWithoutBalance = names,
        Unexplained = plan.Converted == Converted.None && currencies?.WhyNoEquity() is null ? Unexplained : null,
        Currency = currencies?.Currency ?? plan.Units.Reporting,
        EquityCurrency = plan.Converted == Converted.Equity ? plan.Units.Reporting : currencies?.Currency ?? plan.Units.Reporting,
    };

    /// <summary>Why every percent figure is unknown; null if the curve decides.</summary>
    private Figure<Fall>? NoPercent(IReadOnlyList<string> leftOutNames) =>
        currencies?.WhyNoEquity() is { } mixed ? new Figure<Fall>(null, mixed)
        : plan is { StartingBalance: null, WhyNone: { } reason } ? new Figure<Fall>(null, reason)
        : returnDays is null && leftOutNames.Count > 0 ? new Figure<Fall>(null, LeftOutTrades.Sentence(leftOutNames))
        : default(Figure<Fall>?);

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

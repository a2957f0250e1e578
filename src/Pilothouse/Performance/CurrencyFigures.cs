namespace Pilothouse.Performance;

/// <summary>
/// The figures of the trades that settle in one asset, in that asset. Figures in percent of the equity belong to accounts and are not here.
/// </summary>
/// <param name="Currency">The asset. The reporting currency also stands for trades whose pair does not name an asset.</param>
internal sealed record CurrencyFigures(
    string Currency,
    long TotalTrades,
    long WinningTrades,
    long LosingTrades,
    double WinRate,
    decimal? TotalPnl,
    decimal? AvgWin,
    decimal? AvgLoss,
    decimal? MaxWin,
    decimal? MaxLoss,
    double? RiskRewardRatio,
    long BreakevenTrades,
    decimal? TotalFees,
    DayPnl? BestDay,
    DayPnl? WorstDay,
    double? ProfitFactor,
    decimal? Expectancy,
    double? ExpectancyRatio,
    decimal? MaxDrawdown,
    double? Sqn)
{
    public static CurrencyFigures Of(string currency, PerformanceReport report) => new(
        currency, report.TotalTrades, report.WinningTrades, report.LosingTrades, report.WinRate, report.TotalPnl, report.AvgWin, report.AvgLoss,
        report.MaxWin, report.MaxLoss, report.RiskRewardRatio, report.BreakevenTrades, report.TotalFees, report.BestDay, report.WorstDay,
        report.ProfitFactor, report.Expectancy, report.ExpectancyRatio, report.MaxDrawdown, report.Sqn);
}

using System.Text.Json.Serialization;
using Pilothouse.Contract;

namespace Pilothouse.Performance;

/// <summary>What is asked for over closed trades.</summary>
internal enum ViewKind
{
    Report,
    Equity,
    Daily,
    By,
    Distribution,
}

/// <summary>One form of answer over closed trades.</summary>
/// <param name="By">By what trades are split, for <see cref="ViewKind.By"/>.</param>
internal readonly record struct PerformanceView(ViewKind Kind, string? By = null)
{
    public static readonly PerformanceView Report = new(ViewKind.Report);
}

/// <summary>A point of the equity curve, after a close, a deposit or withdrawal, or an account that joined; the first is the start.</summary>
/// <param name="Equity">The equity of the chosen accounts; null if it is unknown.</param>
/// <param name="TotalPnl">The running profit of the trades that count.</param>
/// <param name="Flows">What came or went since the start without being a return, with the equity of accounts that joined.</param>
/// <param name="Drawdown">The fall of the running profit from its peak, in money, as a positive number.</param>
/// <param name="DrawdownPercent">The fall of the product of returns from its peak, 0 to 100.</param>
/// <param name="ReturnPercent">What all returns until then make together, in percent.</param>
internal sealed record EquityPoint(
    DateTimeOffset? Timestamp, decimal? Equity, decimal? TotalPnl, decimal? Flows, decimal? Drawdown, double? DrawdownPercent, double? ReturnPercent);

/// <summary>The equity curve.</summary>
/// <param name="Points">At most 2,000 points in order, with the first, the last and every extreme.</param>
/// <param name="TotalPoints">How many points there are before they are thinned.</param>
internal sealed record EquityReport(IReadOnlyList<EquityPoint> Points, long TotalPoints, Dictionary<string, string> Undefined, PerformanceBasis Basis);

/// <summary>One calendar day.</summary>
/// <param name="Flows">What came or went on this day without being a return.</param>
/// <param name="Equity">The equity after the last close or flow of the day.</param>
/// <param name="ReturnPercent">The returns of the closes of the day, compounded.</param>
internal sealed record DayFigures(
    DateOnly Date, long TotalTrades, long WinningTrades, long LosingTrades, decimal? Pnl, decimal? Fees, decimal? Flows, decimal? Equity, double? ReturnPercent);

/// <summary>The days on which trades closed, or money came or went.</summary>
/// <param name="Days">At most 5,000 days in order, the newest ones.</param>
/// <param name="TotalDays">How many days there are.</param>
internal sealed record DailyReport(IReadOnlyList<DayFigures> Days, int TotalDays, Dictionary<string, string> Undefined, PerformanceBasis Basis);

/// <summary>The trades that have one thing in common.</summary>
/// <param name="Key">What they have in common; null for trades that do not say it.</param>
/// <param name="Undefined">The reason for each field that is null.</param>
internal sealed record GroupFigures(
    string? Key, long TotalTrades, long WinningTrades, long LosingTrades, long BreakevenTrades, double WinRate, decimal? TotalPnl, decimal? AvgWin,
    decimal? AvgLoss, decimal? MaxWin, decimal? MaxLoss, double? RiskRewardRatio, decimal? TotalFees, double? AvgHoldingSeconds, double? ProfitFactor,
    decimal? Expectancy, decimal? MaxDrawdown, string Currency, Dictionary<string, string> Undefined);

/// <summary>Closed trades, split.</summary>
/// <param name="By">By what.</param>
/// <param name="Groups">At most 500 groups.</param>
/// <param name="Others">The trades of further groups together; null if there are none.</param>
internal sealed record SplitReport(string By, IReadOnlyList<GroupFigures> Groups, GroupFigures? Others, PerformanceBasis Basis);

/// <summary>How many results lie from one bound, inclusive, to the other, exclusive.</summary>
internal sealed record ResultBin(decimal From, decimal To, long Trades);

/// <summary>How results are distributed.</summary>
/// <param name="Trades">How many results there are.</param>
/// <param name="StandardDeviation">The sample deviation (n − 1).</param>
/// <param name="BinWidth">The width of every bin: 1 or 5 times a power of ten.</param>
/// <param name="Bins">The bins from the smallest result to the largest, empty ones too.</param>
internal sealed record ResultDistribution(
    long Trades, decimal? Mean, double? StandardDeviation, decimal? Min, decimal? Max, decimal? BinWidth, IReadOnlyList<ResultBin> Bins);

/// <summary>How the results of closed trades are distributed.</summary>
/// <param name="Money">By pnl; null if the trades settle in several currencies.</param>
/// <param name="Percent">By pnl_percentage, of the trades that have one.</param>
internal sealed record DistributionReport(
    long TotalTrades, ResultDistribution? Money, ResultDistribution Percent, Dictionary<string, string> Undefined, PerformanceBasis Basis);

/// <summary>Makes the answers over closed trades.</summary>
internal static class PerformanceAnswers
{
    /// <summary>Returns the answer of a view that is made from figures.</summary>
    public static byte[] ToJson(PerformanceView view, PerformanceFigures figures, PerformanceBasis basis, AccountBook? book) => view.Kind switch
    {
        ViewKind.Equity => JsonText.Utf8(new One<EquityReport>(true, figures.ToEquity(basis, book)), PerformanceJson.Default.OneEquityReport),
        ViewKind.Daily => JsonText.Utf8(new One<DailyReport>(true, figures.ToDays(basis, book)), PerformanceJson.Default.OneDailyReport),
        _ => JsonText.Utf8(new One<PerformanceReport>(true, figures.ToReport(basis, book)), PerformanceJson.Default.OnePerformanceReport),
    };
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    Converters = [typeof(MoneyJson), typeof(NumberJson), typeof(WholeJson), typeof(TimeJson)])]
[JsonSerializable(typeof(One<PerformanceReport>))]
[JsonSerializable(typeof(One<EquityReport>))]
[JsonSerializable(typeof(One<DailyReport>))]
[JsonSerializable(typeof(One<SplitReport>))]
[JsonSerializable(typeof(One<DistributionReport>))]
internal sealed partial class PerformanceJson : JsonSerializerContext;

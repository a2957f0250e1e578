using Pilothouse.Storage;

namespace Pilothouse.Performance;

/// <summary>The curve of the equity, and the days.</summary>
internal sealed partial class PerformanceFigures
{
    /// <summary>The most days of an answer, the newest ones.</summary>
    private const int MostDays = 5000;

    private readonly EquityPoints points = new();

    /// <summary>Returns the curve of the equity. The figures must keep a <see cref="Series"/>.</summary>
    public EquityReport ToEquity(PerformanceBasis basis, AccountBook? book)
    {
        var names = leftOut.Names(book);
        var undefined = new Dictionary<string, string>();
        var (noMoney, noEquity, noPercent) = WhyNot(names);
        Note(undefined, noMoney, "total_pnl", "drawdown");
        Note(undefined, noEquity, "equity", "flows");
        Note(undefined, noPercent, "drawdown_percent", "return_percent");
        if (undefined.Count == 0 && names.Count > 0)
        {
            Note(undefined, LeftOutTrades.Sentence(names), "equity", "drawdown_percent", "return_percent");
        }

        var known = points.Of(Series!.Points(), money: noMoney is null, equity: noEquity is null, percent: noPercent is null);
        return new(known, Series!.Count, undefined, BasisOf(basis, names));
    }

    /// <summary>Returns the days on which trades closed, or money came or went.</summary>
    public DailyReport ToDays(PerformanceBasis basis, AccountBook? book)
    {
        var names = leftOut.Names(book);
        var undefined = new Dictionary<string, string>();
        var (noMoney, noEquity, noPercent) = WhyNot(names);
        Note(undefined, noMoney, "pnl", "fees");
        Note(undefined, noEquity, "equity", "flows");
        var returns = noPercent is null ? equity.ReturnsByDay()?.ToDictionary(static day => day.Day, static day => day.Return) : null;
        Note(undefined, returns is null ? noPercent ?? Reasons.EquityNotPositive : null, "return_percent");
        if (undefined.Count == 0 && names.Count > 0)
        {
            Note(undefined, LeftOutTrades.Sentence(names), "equity", "return_percent");
        }

        var listed = days.Days.Skip(Math.Max(0, days.Days.Count - MostDays)).Select(day => new DayFigures(
            day.Day, day.Result.Trades, day.Result.Won, day.Result.Lost, noMoney is null ? day.Result.Pnl.Value : null,
            noMoney is null ? day.Result.Fees.Value : null, noEquity is null ? day.Result.Flows.Value : null,
            noEquity is null ? day.Result.Equity.Value : null,
            returns is null ? null : returns.GetValueOrDefault(day.Day) * 100)).ToList();
        return new(listed, days.Days.Count, undefined, BasisOf(basis, names));
    }

    /// <summary>Why figures in money, the equity, and figures in percent are unknown; null if they are known.</summary>
    private (string? Money, string? Equity, string? Percent) WhyNot(IReadOnlyList<string> names)
    {
        var money = currencies?.WhyNotAdded();
        var equityReason = plan.StartingBalance is null && NoPercent(names) is null ? equity.LargestInPercent().Reason : NoPercent(names)?.Reason;
        return (money, equityReason, equityReason ?? equity.LargestInPercent().Reason);
    }

    private static void Note(Dictionary<string, string> undefined, string? reason, params ReadOnlySpan<string> fields)
    {
        foreach (var field in fields)
        {
            if (reason is not null)
            {
                undefined[field] = reason;
            }
        }
    }
}

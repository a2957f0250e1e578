namespace Pilothouse.Performance;

/// <summary>The profit of one calendar day, in the currency of the figures.</summary>
internal readonly record struct DayPnl(DateOnly Date, decimal Pnl);

/// <summary>What the figures were computed on, so that nobody has to guess.</summary>
/// <param name="StartingBalance">Equity at the start of the window; null if nobody knows it.</param>
/// <param name="StartingBalanceSource">parameter, setting, bot_status, or null.</param>
/// <param name="TimeZone">Whose calendar days, as an IANA name.</param>
/// <param name="AnnualisationDays">Days in a year: 365, since crypto trades on all of them.</param>
/// <param name="Period">daily, weekly, monthly or all.</param>
/// <param name="From">Start of the window; null for all.</param>
/// <param name="To">End of the window.</param>
/// <param name="Days">How many daily returns; null where there are none.</param>
/// <param name="Accounts">Of how many accounts the equity is: bots in the modes that they report, or one of a parameter or setting.</param>
/// <param name="Flows">How many times money came into the equity without being a return: accounts that joined after the start.</param>
/// <param name="Currency">In which the figures in money are: the settle asset of all trades, or USD where they are of several.</param>
/// <param name="AccountsWithoutBalance">Accounts that never reported a balance: percent figures leave their trades out.</param>
internal sealed record PerformanceBasis(
    decimal? StartingBalance,
    string? StartingBalanceSource,
    string TimeZone,
    int AnnualisationDays,
    string Period,
    DateTimeOffset? From,
    DateTimeOffset? To,
    int? Days = null,
    int Accounts = 0,
    int Flows = 0,
    IReadOnlyList<string>? AccountsWithoutBalance = null,
    string? Currency = null)
{
    public static readonly PerformanceBasis Nothing = new(null, null, "", Ratios.DaysPerYear, "all", null, null);
}

/// <summary>
/// The figures of docs/metrics.md in the order of the answer. Money in the currency that the basis names, rates named percent as 0–100, other
/// ratios as plain numbers. The ten of the seed come first and are 0 where there is nothing to count; any other figure that cannot
/// be known is null, and <see cref="Undefined"/> says why for every field that is null.
/// </summary>
internal sealed record PerformanceReport
{
    public required long TotalTrades { get; init; }
    public required long WinningTrades { get; init; }
    public required long LosingTrades { get; init; }

    /// <summary>Percent of all trades, breakevens included.</summary>
    public required double WinRate { get; init; }
    public required decimal? TotalPnl { get; init; }
    public required decimal? AvgWin { get; init; }

    /// <summary>Negative, or 0 without losses.</summary>
    public required decimal? AvgLoss { get; init; }
    public required decimal? MaxWin { get; init; }

    /// <summary>Negative, or 0 without losses.</summary>
    public required decimal? MaxLoss { get; init; }

    /// <summary>Average win ÷ |average loss|; 0 without losses.</summary>
    public required double? RiskRewardRatio { get; init; }

    public required long BreakevenTrades { get; init; }
    public required decimal? TotalFees { get; init; }
    public required double? AvgHoldingSeconds { get; init; }
    public required long LongestWinStreak { get; init; }
    public required long LongestLossStreak { get; init; }
    public required DayPnl? BestDay { get; init; }
    public required DayPnl? WorstDay { get; init; }
    public required double? ProfitFactor { get; init; }
    public required decimal? Expectancy { get; init; }
    public required double? ExpectancyRatio { get; init; }

    /// <summary>Positive: the largest fall in money.</summary>
    public required decimal? MaxDrawdown { get; init; }

    /// <summary>Positive: the largest fall in percent of its peak, which may be another fall than the largest in money.</summary>
    public required double? MaxDrawdownPercent { get; init; }
    public required DateTimeOffset? MaxDrawdownFrom { get; init; }
    public required DateTimeOffset? MaxDrawdownTo { get; init; }
    public required DateTimeOffset? MaxDrawdownPercentFrom { get; init; }
    public required DateTimeOffset? MaxDrawdownPercentTo { get; init; }
    public required double? SharpeRatio { get; init; }
    public required double? SortinoRatio { get; init; }

    /// <summary>A ratio: 0.1 is 10 % a year.</summary>
    public required double? Cagr { get; init; }
    public required double? CalmarRatio { get; init; }
    public required double? Sqn { get; init; }

    /// <summary>The figures of each settle asset by itself, by name.</summary>
    public required IReadOnlyList<CurrencyFigures> ByCurrency { get; init; }

    /// <summary>
    /// Wire name of each field that is null, to the sentence that says why, and of each percent figure that leaves trades out, to whose;
    /// empty if there is none.
    /// </summary>
    public required Dictionary<string, string> Undefined { get; init; }
    public required PerformanceBasis Basis { get; init; }
}

namespace Pilothouse.Performance;

/// <summary>The profit of one calendar day, in the currency of the figures.</summary>
internal readonly record struct DayPnl(DateOnly Date, decimal Pnl);

/// <summary>The basis of the figures, so that a reader does not have to guess it.</summary>
/// <param name="StartingBalance">The equity at the start of the window; null if it is unknown.</param>
/// <param name="StartingBalanceSource">parameter, setting, bot_status, or null.</param>
/// <param name="TimeZone">The IANA name of the zone whose calendar days count.</param>
/// <param name="AnnualisationDays">The days in a year: 365, because crypto is traded every day.</param>
/// <param name="Period">daily, weekly, monthly or all.</param>
/// <param name="From">The start of the window; null for no start.</param>
/// <param name="To">The end of the window.</param>
/// <param name="Days">The number of daily returns; null if there are none.</param>
/// <param name="Accounts">The number of accounts in the equity: bots in each of the modes that they report, or one for a parameter or
/// setting.</param>
/// <param name="Flows">How often the equity changed without a return: by deposits, withdrawals and accounts that joined after the start.</param>
/// <param name="Currency">The currency of the figures in money: the settle asset of all trades, or USD if there are several.</param>
/// <param name="AccountsWithoutBalance">Accounts that never reported a balance. The percent figures leave their trades out.</param>
/// <param name="Unexplained">The last reported balances less the equity that was computed for the moments of these reports; null without
/// reports.</param>
/// <param name="EquityCurrency">The currency of equity, starting balance and flows, which is another one where the trades that count settle in
/// one asset and others moved the equity too.</param>
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
    string? Currency = null,
    decimal? Unexplained = null,
    string? EquityCurrency = null)
{
    public static readonly PerformanceBasis Nothing = new(null, null, "", Ratios.DaysPerYear, "all", null, null);
}

/// <summary>
/// The figures of docs/metrics.md, in the order of the answer. Money is in the currency of the basis, fields named percent are 0 to 100,
/// and other ratios are plain numbers. The ten oldest fields come first and are 0 if there is nothing to count. Any other unknown figure is
/// null, and <see cref="Undefined"/> says why for every field that is null.
/// </summary>
internal sealed record PerformanceReport
{
    public required long TotalTrades { get; init; }
    public required long WinningTrades { get; init; }
    public required long LosingTrades { get; init; }

    /// <summary>The winning trades in percent of all trades, including those that broke even.</summary>
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

    /// <summary>The largest fall in money, as a positive number.</summary>
    public required decimal? MaxDrawdown { get; init; }

    /// <summary>
    /// The largest fall in percent of its peak, as a positive number. It may be another fall than the largest one in money.
    /// </summary>
    public required double? MaxDrawdownPercent { get; init; }
    public required DateTimeOffset? MaxDrawdownFrom { get; init; }
    public required DateTimeOffset? MaxDrawdownTo { get; init; }
    public required DateTimeOffset? MaxDrawdownPercentFrom { get; init; }
    public required DateTimeOffset? MaxDrawdownPercentTo { get; init; }
    public required double? SharpeRatio { get; init; }
    public required double? SortinoRatio { get; init; }

    /// <summary>The growth per year as a ratio: 0.1 is 10 % a year.</summary>
    public required double? Cagr { get; init; }
    public required double? CalmarRatio { get; init; }
    public required double? Sqn { get; init; }

    /// <summary>The figures of each settle asset, ordered by its name.</summary>
    public required IReadOnlyList<CurrencyFigures> ByCurrency { get; init; }

    /// <summary>
    /// The reason for each field that is null, and a note for each percent figure that leaves trades out; by JSON name, empty if there are
    /// none.
    /// </summary>
    public required Dictionary<string, string> Undefined { get; init; }
    public required PerformanceBasis Basis { get; init; }
}

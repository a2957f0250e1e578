namespace Pilothouse.Performance;

/// <summary>
/// The returns of the days on which trades closed. On the other ones of the <paramref name="Days"/> calendar days the return is 0.
/// </summary>
internal sealed record DailyReturns(double[] OnTradingDays, int Days)
{
    public double Mean { get; } = Days == 0 ? 0 : Sum(OnTradingDays) / Days;

    /// <summary>
    /// Neumaier's compensated sum (1974). A plain sum of 20,000 equal returns has so much rounding error that they would seem to deviate.
    /// </summary>
    private static double Sum(double[] values)
    {
        var (sum, lost) = (0.0, 0.0);
        foreach (var value in values)
        {
            var next = sum + value;
            lost += Math.Abs(sum) >= Math.Abs(value) ? sum - next + value : value - next + sum;
            sum = next;
        }

        return sum + lost;
    }
}

/// <summary>
/// Ratios of return to risk. Days are calendar days (crypto is traded every day), a year has 365 of them, and the risk-free rate is 0. A
/// ratio that is not defined is a reason, never a special number.
/// </summary>
internal static class Ratios
{
    public const int DaysPerYear = 365;

    /// <summary>
    /// A deviation below this share of the size of the values is only rounding error. Dividing by it would turn equal returns into ratios
    /// of 1e15.
    /// </summary>
    private const double RoundingNoise = 1e-13;

    /// <summary>
    /// Sharpe ratio, yearly: mean daily return ÷ sample deviation (n − 1) × √365 (W. F. Sharpe, "The Sharpe Ratio", 1994, with a
    /// benchmark of 0). Undefined under two days and where all returns are equal.
    /// </summary>
    public static Figure<double> Sharpe(DailyReturns returns)
    {
        if (returns.Days < 2)
        {
            return Reasons.TwoDays;
        }

        var mean = returns.Mean;
        var idleDays = returns.Days - returns.OnTradingDays.Length;
        var squares = returns.OnTradingDays.Sum(value => (value - mean) * (value - mean)) + (idleDays * mean * mean);
        var deviation = Math.Sqrt(squares / (returns.Days - 1));
        return IsNoise(deviation, mean) ? Reasons.NoDeviation : mean / deviation * Math.Sqrt(DaysPerYear);
    }

    /// <summary>
    /// Sortino ratio, yearly: mean daily return ÷ √(Σ min(return, 0)² ÷ n) × √365, over all n days (F. Sortino and L. Price,
    /// "Performance Measurement in a Downside Risk Framework", 1994, with a target of 0). Undefined without a losing day.
    /// </summary>
    public static Figure<double> Sortino(DailyReturns returns)
    {
        if (returns.Days == 0)
        {
            return Reasons.NoTrades;
        }

        var squares = returns.OnTradingDays.Sum(value => value < 0 ? value * value : 0);
        return squares == 0 ? Reasons.NoLosingDay : returns.Mean / Math.Sqrt(squares / returns.Days) * Math.Sqrt(DaysPerYear);
    }

    /// <summary>
    /// Compound annual growth rate as a ratio (0.1 is 10 % a year): (end ÷ start)^(365 ÷ days) − 1. Undefined without days, where
    /// the start is at or below 0, and where a short fast gain leaves the range of a double.
    /// </summary>
    public static Figure<double> Cagr(double start, double end, int days)
    {
        if (days == 0)
        {
            return Reasons.NoTrades;
        }

        if (start <= 0)
        {
            return Reasons.StartingBalanceNotPositive;
        }

        var growth = Math.Pow(end / start, (double)DaysPerYear / days) - 1;
        return double.IsFinite(growth) ? growth : Reasons.GrowthTooLarge;
    }

    /// <summary>
    /// Calmar ratio: growth per year ÷ the largest drawdown, both as ratios (T. W. Young, "Calmar Ratio: A Smoother Tool", 1991,
    /// over the whole window rather than 36 months). Undefined without a drawdown.
    /// </summary>
    public static Figure<double> Calmar(Figure<double> cagr, Figure<double> maxDrawdownPercent)
    {
        if (maxDrawdownPercent.Value is not { } percent)
        {
            return maxDrawdownPercent;
        }

        if (cagr.Value is not { } growth)
        {
            return cagr;
        }

        var ratio = growth / (percent / 100);
        return percent == 0 ? Reasons.NoDrawdown : double.IsFinite(ratio) ? ratio : Reasons.GrowthTooLarge;
    }

    /// <summary>
    /// System quality number: √n × mean pnl ÷ sample deviation of pnl (V. K. Tharp, "The Definitive Guide to Position Sizing",
    /// 2008, on money instead of multiples of risk, and with every n). Undefined under two trades and where all pnl are equal.
    /// </summary>
    public static Figure<double> Sqn(long trades, double meanPnl, double sumOfSquaredDeviations)
    {
        if (trades < 2)
        {
            return Reasons.TwoTrades;
        }

        var deviation = Math.Sqrt(sumOfSquaredDeviations / (trades - 1));
        return IsNoise(deviation, meanPnl) ? Reasons.NoDeviation : Math.Sqrt(trades) * meanPnl / deviation;
    }

    private static bool IsNoise(double deviation, double mean) => deviation <= RoundingNoise * Math.Abs(mean);
}

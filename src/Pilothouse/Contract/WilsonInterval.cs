namespace Pilothouse.Contract;

/// <summary>
/// Wilson's score interval for a share, with 95 % confidence and without a correction for continuity: E. B. Wilson, "Probable Inference, the
/// Law of Succession, and Statistical Inference", Journal of the American Statistical Association 22 (1927). Unlike the usual
/// p ± 1.96 × deviation it stays between 0 and 1, and says something for few cases and for shares of 0 and 1.
/// </summary>
/// <param name="Low">The lower end, 0 to 1.</param>
/// <param name="High">The upper end, 0 to 1.</param>
internal readonly record struct WilsonInterval(double Low, double High)
{
    /// <summary>With fewer cases than this a share says little, and answers say <c>enough_data: false</c>.</summary>
    public const int EnoughCases = 30;

    /// <summary>The quantile of the normal distribution at 0.975.</summary>
    private const double Quantile = 1.959963984540054;

    /// <summary>Returns the interval of a share.</summary>
    /// <param name="successes">How many of the cases succeeded, from 0 to <paramref name="cases"/>.</param>
    /// <param name="cases">How many cases there are.</param>
    /// <returns>Null without any case.</returns>
    public static WilsonInterval? Of(long successes, long cases)
    {
        if (cases <= 0)
        {
            return null;
        }

        const double squared = Quantile * Quantile;
        double n = cases;
        var share = successes / n;
        var centre = share + (squared / (2 * n));
        var reach = Quantile * Math.Sqrt(((share * (1 - share)) + (squared / (4 * n))) / n);
        var scale = 1 + (squared / n);

        // At a share of 0 and of 1 one end is exact, which the sums above miss by their last digit.
        return new(successes == 0 ? 0 : (centre - reach) / scale, successes == cases ? 1 : (centre + reach) / scale);
    }
}

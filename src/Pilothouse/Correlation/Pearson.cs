namespace Pilothouse.Correlation;

/// <summary>
/// Pearson's product-moment correlation of the log returns of two price series (docs/metrics.md, "Correlation"): Σ(x − x̄)(y − ȳ) ÷ √(Σ(x − x̄)²
/// Σ(y − ȳ)²), over the hours in which both have a return.
/// </summary>
internal static class Pearson
{
    /// <summary>With fewer returns than this there is no correlation.</summary>
    public const int FewestReturns = 24;

    /// <summary>Returns ln(p₁ ÷ p₀) from each hour to the next one; NaN where one of the two has no price.</summary>
    public static double[] ReturnsOf(double[] prices)
    {
        var returns = new double[Math.Max(0, prices.Length - 1)];
        for (var i = 0; i < returns.Length; i++)
        {
            returns[i] = Math.Log(prices[i + 1] / prices[i]);
        }

        return returns;
    }

    /// <summary>Returns the correlation of two series of returns of the same length.</summary>
    /// <param name="samples">In how many hours both have a return.</param>
    /// <returns>From -1 to 1; null with fewer than <see cref="FewestReturns"/> samples, or where one of the two does not vary.</returns>
    public static double? Of(double[] one, double[] other, out int samples)
    {
        samples = 0;
        var (sumX, sumY) = (0.0, 0.0);
        for (var i = 0; i < one.Length; i++)
        {
            if (!double.IsNaN(one[i]) && !double.IsNaN(other[i]))
            {
                samples++;
                sumX += one[i];
                sumY += other[i];
            }
        }

        if (samples < FewestReturns)
        {
            return null;
        }

        var (meanX, meanY) = (sumX / samples, sumY / samples);
        var (xx, yy, xy) = (0.0, 0.0, 0.0);
        for (var i = 0; i < one.Length; i++)
        {
            if (!double.IsNaN(one[i]) && !double.IsNaN(other[i]))
            {
                var (x, y) = (one[i] - meanX, other[i] - meanY);
                xx += x * x;
                yy += y * y;
                xy += x * y;
            }
        }

        var deviations = Math.Sqrt(xx) * Math.Sqrt(yy);
        return deviations > 0 ? Math.Clamp(xy / deviations, -1, 1) : null;
    }
}

using Pilothouse.Contract;

namespace Pilothouse.Tests.Contract;

/// <summary>The interval of a share.</summary>
public sealed class WilsonIntervalTests
{
    /// <summary>
    /// The published figures of R. G. Newcombe, "Two-sided confidence intervals for the single proportion: comparison of seven methods",
    /// Statistics in Medicine 17 (1998), table I, method 3.
    /// </summary>
    [Theory]
    [InlineData(81, 263, 0.2553, 0.3662)]
    [InlineData(15, 148, 0.0624, 0.1605)]
    [InlineData(0, 20, 0.0000, 0.1611)]
    [InlineData(1, 29, 0.0061, 0.1718)]
    public void The_interval_is_that_of_the_literature(long successes, long cases, double low, double high)
    {
        var interval = WilsonInterval.Of(successes, cases)!.Value;
        Assert.Equal((low, high), (Math.Round(interval.Low, 4), Math.Round(interval.High, 4)));
    }

    /// <summary>Its ends are defined as the shares p for which the observed share is 1.96 standard errors of p away from p.</summary>
    [Fact]
    public void Each_end_is_as_far_from_the_share_as_the_definition_says()
    {
        foreach (var cases in new long[] { 1, 2, 7, 30, 1000, 1_000_000_000 })
        {
            for (var part = 0; part <= 10; part++)
            {
                var successes = cases * part / 10;
                var interval = WilsonInterval.Of(successes, cases)!.Value;
                Assert.InRange((double)successes / cases, interval.Low, interval.High);
                foreach (var end in new[] { interval.Low, interval.High }.Where(static end => end is > 0 and < 1))
                {
                    var distance = Math.Abs(((double)successes / cases) - end) / Math.Sqrt(end * (1 - end) / cases);
                    Assert.Equal(1.959963984540054, distance, 1e-6);
                }
            }
        }
    }

    [Fact]
    public void Nothing_is_said_of_no_cases() => Assert.Null(WilsonInterval.Of(0, 0));
}

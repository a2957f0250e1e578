using Pilothouse.Agents;

namespace Pilothouse.Tests.Agents;

/// <summary>The sums from which the figures of agents are made.</summary>
public sealed class AgentSumsTests
{
    [Fact]
    public void A_percentile_that_is_found_in_buckets_is_that_of_all_values_in_order()
    {
        var draw = new Random(12);
        for (var round = 0; round < 300; round++)
        {
            int[] values = [.. Enumerable.Range(0, draw.Next(1, 400)).Select(_ => Value())];
            var (times, other, share) = (new ExecutionTimes(), new ExecutionTimes(), draw.Next(3) == 0 ? 0.95 : draw.NextDouble());
            foreach (var value in values)
            {
                (draw.Next(2) == 0 ? times : other).Add(value, ExecutionTimes.BucketOf(value));
            }

            times.Add(other);
            var isWanted = new bool[ExecutionTimes.Buckets];
            times.Seek(share, isWanted);
            foreach (var value in values.Where(value => isWanted[ExecutionTimes.BucketOf(value)]))
            {
                times.Offer(value, ExecutionTimes.BucketOf(value));
            }

            Array.Sort(values);
            var place = share * (values.Length - 1);
            var (low, high) = (values[(int)place], values[Math.Min((int)place + 1, values.Length - 1)]);
            Assert.Equal(low + (((double)high - low) * (place - Math.Floor(place))), times.Percentile());
            Assert.Equal(values.Average(), times.Mean!.Value, 9);
        }

        Assert.Null(new ExecutionTimes().Percentile());
        Assert.Equal(ExecutionTimes.Buckets - 1, ExecutionTimes.BucketOf(int.MaxValue));

        int Value() => draw.Next(4) switch { 0 => draw.Next(3), 1 => draw.Next(5000), 2 => draw.Next(), _ => int.MaxValue - draw.Next(2) };
    }

    [Fact]
    public void Sums_of_numbered_costs_are_those_of_decimals()
    {
        foreach (var (amount, number) in new[] { (0m, 0L), (0.10m, 100_000_000_000_000L), (-2m, -2_000_000_000_000_000L), (0.000_000_000_000_001m, 1L), (9_223m, 9_223_000_000_000_000_000L) })
        {
            Assert.Equal((number, amount), (SmallCost.Of(amount), SmallCost.ToAmount(number)));
        }

        foreach (var odd in new[] { 0.000_000_000_000_000_1m, 10_000m, decimal.MaxValue, decimal.MinValue })
        {
            Assert.Equal(SmallCost.Odd, SmallCost.Of(odd));
        }

        Assert.Equal((SmallCost.Unknown, "0.3"), (SmallCost.Of(null), FormattableString.Invariant($"{SmallCost.ToAmount(SmallCost.Of(0.1m) + SmallCost.Of(0.2m))}")));
        Assert.Equal(9_000_000m * 9_000m, SmallCost.ToAmount((Int128)SmallCost.Of(9_000m) * 9_000_000));
    }
}

using System.Globalization;
using System.Text.Json.Nodes;
using Pilothouse.Storage;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Performance;

/// <summary>A mean has at most 15 significant digits: what a division gives beyond them is no information, and no double holds it.</summary>
public sealed class MeanTests
{
    private static readonly string[] Means = ["avg_win", "avg_loss", "expectancy", "avg_holding_seconds"];

    [Theory]
    [InlineData(1, 7)]
    [InlineData(2, 33)]
    [InlineData(3, 90)]
    public async Task Every_mean_of_the_answer_has_at_most_15_digits(int seed, int trades)
    {
        await using var server = await TestServer.StartAsync(("STARTING_BALANCE", "1000"));
        var random = new Random(seed);
        for (var i = 0; i < trades; i++)
        {
            var closed = Timestamps.ToAnswer(TestServer.Start.AddMinutes(-i));
            var opened = Timestamps.ToAnswer(TestServer.Start.AddMinutes(-i).AddMilliseconds(-random.Next(1_000_000)));
            var exit = (100 + Math.Round(random.NextDouble() - 0.5, 9)).ToString(CultureInfo.InvariantCulture);
            await server.PostAsync("/api/trades", $$"""{"trading_pair":"A/B","side":"BUY","status":"closed","timestamp":"{{opened}}","closed_at":"{{closed}}","entry_price":100,"exit_price":{{exit}},"quantity":1}""");
        }

        foreach (var path in new[] { "/api/performance", "/api/performance?tz=Europe/Berlin" })
        {
            var data = (await server.GetAsync(path))["data"]!.AsObject();
            Assert.All(Means, mean => Assert.InRange(SignificantDigits(data[mean]!), 1, 15));
            await Numpy.CompareAsync(server, path, await Numpy.FiguresAsync(server, "1000", path.Contains("tz", StringComparison.Ordinal) ? "Europe/Berlin" : "UTC"));
        }
    }

    [Fact]
    public async Task A_mean_that_is_exact_shows_no_zeros_behind_it()
    {
        await using var server = await TestServer.StartAsync();
        foreach (var exit in new[] { "101", "102", "106" })
        {
            await server.PostAsync("/api/trades", $$"""{"trading_pair":"A/B","side":"BUY","status":"closed","entry_price":100,"exit_price":{{exit}},"quantity":1}""");
        }

        var data = (await server.GetAsync("/api/performance"))["data"]!;
        Assert.Equal("3", data["avg_win"]!.ToJsonString());
        await server.PostAsync("/api/trades", """{"trading_pair":"A/B","side":"BUY","status":"closed","entry_price":100,"exit_price":101,"quantity":1}""");
        data = (await server.GetAsync("/api/performance"))["data"]!;
        Assert.Equal("2.5", data["avg_win"]!.ToJsonString());
    }

    [Fact]
    public async Task Rounding_agrees_with_the_decimals_of_Python()
    {
        var random = new Random(15);
        var values = new List<decimal> { 0, 1, -1, decimal.MaxValue, decimal.MinValue, 1e-28m, -7e-28m, 0.1m, 0.09999999999999999m, 999999999999999.5m, 1234567890123445.00m, 2.5m };
        for (var i = 0; i < 3000; i++)
        {
            values.Add(new decimal(random.Next(), random.Next(2) * random.Next(), random.Next(2) * random.Next(), random.Next(2) == 0, (byte)random.Next(29)));
        }

        const string Script = """
            import sys
            from decimal import Context, Decimal, ROUND_HALF_EVEN
            fifteen, places = Context(prec=15, rounding=ROUND_HALF_EVEN), Context(prec=60, rounding=ROUND_HALF_EVEN)
            for line in sys.stdin:
                value = Decimal(line)
                # A decimal of .NET has 28 places at most, so a very small number keeps fewer digits.
                rounded = value.quantize(Decimal(1).scaleb(-28), context=places) if value and value.adjusted() < -13 else fifteen.plus(value)
                print(format(rounded.normalize(places), 'f'))
            """;
        var (code, output, error) = await Tool.RunAsync("python3", ["-c", Script], string.Join('\n', values.Select(static value => value.ToString(CultureInfo.InvariantCulture))) + "\n");
        Assert.True(code == 0, error);
        var expected = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(values.Count, expected.Length);
        for (var i = 0; i < values.Count; i++)
        {
            Assert.Equal(expected[i], Exact.ToDigits(values[i], 15).ToString(CultureInfo.InvariantCulture));
        }
    }

    private static int SignificantDigits(JsonNode number)
    {
        var digits = number.ToJsonString().ToUpperInvariant().Split('E')[0].Replace("-", "", StringComparison.Ordinal).Replace(".", "", StringComparison.Ordinal).TrimStart('0');
        return Math.Max(digits.Length, 1);
    }
}

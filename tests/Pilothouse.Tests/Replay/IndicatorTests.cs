using System.Globalization;
using Pilothouse.Replay;
using static Pilothouse.Tests.Replay.SampleData;

namespace Pilothouse.Tests.Replay;

public sealed class IndicatorTests
{
    private const double Tolerance = 1e-9;

    [Theory]
    [InlineData("btc-usd-1m-2018-04-04_05.csv")]
    [InlineData("eth-usd-1m-2018-04-04_05.csv")]
    [InlineData("ltc-usd-1m-2018-04-04_05.csv")]
    public void Every_indicator_agrees_with_pandas_over_two_days_of_minutes(string file)
    {
        var indicators = new Indicators();
        var readings = CandleFiles.Read([Path.Combine(Folder, file)])
            .ToDictionary(candle => $"{candle.Time:yyyy-MM-ddTHH:mm:ssZ}", indicators.Add);
        var rows = File.ReadLines(Expected).Select(line => line.Split(',')).Where(fields => fields[0] == file).ToList();

        Assert.True(rows.Count > 100, $"Only {rows.Count} rows of {file}: run indicators.py.");
        foreach (var row in rows)
        {
            var reading = readings[row[1]];
            double?[] ours =
            [
                reading.Rsi, reading.Macd, reading.MacdSignal, reading.MacdHistogram, reading.Vwap, reading.Ema9, reading.Ema21, reading.Sma50,
                reading.BollingerUpper, reading.BollingerMiddle, reading.BollingerLower,
            ];
            for (var i = 0; i < ours.Length; i++)
            {
                AssertClose(row[i + 2], ours[i], $"{file} {row[1]}, indicator {i}");
            }

            Assert.Equal(int.Parse(row[13], CultureInfo.InvariantCulture), reading.Score);
        }
    }

    [Fact]
    public void Rsi_is_50_with_too_few_rows_and_where_nothing_moves()
    {
        var indicators = new Indicators();

        var readings = Enumerable.Range(0, 13).Select(minute => indicators.Add(Flat(minute, 100 + minute)))
            .Concat(Enumerable.Range(13, 20).Select(minute => indicators.Add(Flat(minute, 112)))).ToList();

        Assert.All(readings[..13], reading => Assert.Equal(50, reading.Rsi));
        Assert.Equal(100, readings[13].Rsi);
        Assert.Equal(50, readings[^1].Rsi);
    }

    [Fact]
    public void Rsi_is_100_of_gains_alone_and_0_of_losses_alone()
    {
        var (up, down) = (new Indicators(), new Indicators());

        var rising = Enumerable.Range(0, 14).Select(minute => up.Add(Flat(minute, 100 + minute))).ToList()[^1];
        var falling = Enumerable.Range(0, 14).Select(minute => down.Add(Flat(minute, 100 - minute))).ToList()[^1];

        Assert.Equal(100, rising.Rsi);
        Assert.Equal(0, falling.Rsi);
    }

    [Fact]
    public void Vwap_is_unknown_without_volume_and_begins_anew_at_midnight()
    {
        var indicators = new Indicators();

        var without = indicators.Add(Flat(1438, 100, volume: 0));
        var first = indicators.Add(Flat(1439, 200, volume: 3));
        var nextDay = indicators.Add(Flat(1440, 300, volume: 1));

        Assert.Null(without.Vwap);
        Assert.Equal(200, first.Vwap);
        Assert.Equal(300, nextDay.Vwap);
    }

    [Fact]
    public void Windows_are_unknown_until_they_are_full()
    {
        var indicators = new Indicators();
        var readings = Enumerable.Range(0, 50).Select(minute => indicators.Add(Flat(minute, 100 + (minute % 3)))).ToList();

        Assert.Null(readings[18].BollingerMiddle);
        Assert.Null(readings[18].BollingerUpper);
        Assert.NotNull(readings[19].BollingerLower);
        Assert.Null(readings[48].Sma50);
        Assert.NotNull(readings[49].Sma50);
    }

    [Theory]
    [InlineData(25, 2, 1, 90, 101, 99, 95, 80, 7, "Buy", 100)]
    [InlineData(75, 1, 2, 110, 99, 101, 105, 120, -7, "Sell", -100)]
    [InlineData(50, 2, 1, 90, 101, 99, 95, 99, 5, "Buy", 71)]
    [InlineData(50, 2, 1, 90, 99, 101, 95, 99, 1, "Hold", 14)]
    [InlineData(50, 1, 1, 100, 99, 99, 100, 99, -5, "Sell", -71)]
    public void The_score_adds_up_as_the_document_says(
        double rsi, double macd, double macdSignal, double vwap, double ema9, double ema21, double sma50, double band, int score,
        string signal, int strength)
    {
        // The price is 100; a band of 80 or 120 is the lower or the upper one that the price has reached, 99 is neither.
        var (lower, upper) = band switch { 80 => (100.0, 130.0), 120 => (70.0, 100.0), _ => (90.0, 110.0) };
        var reading = new IndicatorReading(100, rsi, macd, macdSignal, vwap, ema9, ema21, sma50, upper, 100, lower, 1);

        Assert.Equal(score, reading.Score);
        Assert.Equal(signal, reading.Signal.ToString());
        Assert.Equal(strength, reading.Strength);
    }

    [Fact]
    public void An_indicator_that_is_not_defined_adds_nothing_to_the_score()
    {
        var reading = new IndicatorReading(100, 50, 2, 1, null, 101, 99, null, null, null, null, 0);

        Assert.Equal(3, reading.Score);
    }

    private static void AssertClose(string expected, double? actual, string what)
    {
        if (expected.Length == 0)
        {
            Assert.True(actual is null, $"{what}: {actual} where pandas has none");
            return;
        }

        var figure = double.Parse(expected, CultureInfo.InvariantCulture);
        Assert.True(
            actual is { } value && Math.Abs(value - figure) <= Tolerance * Math.Abs(figure), $"{what}: {actual}, pandas {figure}");
    }
}

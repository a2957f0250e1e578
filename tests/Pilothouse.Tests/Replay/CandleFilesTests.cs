using Pilothouse.Replay;

namespace Pilothouse.Tests.Replay;

public sealed class CandleFilesTests : IDisposable
{
    private const string Header = "timestamp,open,high,low,close,volume";
    private const string Good = "2018-04-04T00:00:00Z,2,4,1,3,0.5";
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("pilothouse-candles-");

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public void A_folder_is_all_its_files_by_time_then_pair()
    {
        Write("eth-usd-1m-a.csv", Header, Good, "2018-04-04T00:01:00Z,2,4,1,3,0");
        Write("btc-usd-1m-a.csv", Header, Good);
        Write("notes.txt", "not candles");

        var candles = CandleFiles.Read([folder.FullName]);

        Assert.Equal(["BTC/USD 00:00", "ETH/USD 00:00", "ETH/USD 00:01"], candles.Select(candle => $"{candle.Pair} {candle.Time:HH:mm}"));
        Assert.Equal(
            new MinuteCandle("BTC/USD", new DateTimeOffset(2018, 4, 4, 0, 0, 0, TimeSpan.Zero), 2, 4, 1, 3, 0.5m), candles[0]);
    }

    [Fact]
    public void A_file_named_twice_is_read_once()
    {
        var path = Write("btc-usd-1m-a.csv", Header, Good);

        Assert.Single(CandleFiles.Read([path, folder.FullName]));
    }

    [Theory]
    [InlineData("2018-04-04T00:01:00Z,2,4,1,3", "5 fields where 6 are expected")]
    [InlineData("", "1 fields where 6 are expected")]
    [InlineData("2018-04-04 00:01,2,4,1,3,0", "'2018-04-04 00:01' is not a whole minute")]
    [InlineData("2018-04-04T00:01:30Z,2,4,1,3,0", "is not a whole minute")]
    [InlineData("2018-04-04T00:00:00Z,2,4,1,3,0", "not later than that of the line before")]
    [InlineData("2018-04-04T00:01:00Z,2,four,1,3,0", "high 'four' is not a number")]
    [InlineData("2018-04-04T00:01:00Z,2,NaN,1,3,0", "high 'NaN' is not a number")]
    [InlineData("2018-04-04T00:01:00Z,2,4,1,3,-1", "volume '-1' is not a number")]
    [InlineData("2018-04-04T00:01:00Z,2,4,0,3,0", "low must be greater than 0")]
    [InlineData("2018-04-04T00:01:00Z,2,2.5,1,3,0", "do not lie between low and high")]
    public void A_bad_line_is_an_error_that_names_file_and_line(string line, string complaint)
    {
        var path = Write("btc-usd-1m-a.csv", Header, Good, line, Good);

        var failure = Assert.Throws<ReplayFailure>(() => CandleFiles.Read([path]));

        Assert.StartsWith($"{path}, line 3: ", failure.Message, StringComparison.Ordinal);
        Assert.Contains(complaint, failure.Message, StringComparison.Ordinal);
        Assert.Equal(1, failure.ExitCode);
    }

    [Fact]
    public void Another_header_is_an_error_at_line_1()
    {
        var path = Write("btc-usd-1m-a.csv", "time,low,high,open,close,volume", Good);

        Assert.Contains($"{path}, line 1: ", Assert.Throws<ReplayFailure>(() => CandleFiles.Read([path])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_without_candles_is_an_error()
    {
        var path = Write("btc-usd-1m-a.csv", Header);

        Assert.Contains("there is no candle", Assert.Throws<ReplayFailure>(() => CandleFiles.Read([path])).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("btc-usd-1d.csv")]
    [InlineData("candles.csv")]
    [InlineData("b$c-usd-1m.csv")]
    public void A_name_that_does_not_say_a_pair_and_one_minute_is_an_error(string name)
    {
        Assert.Contains(name, Assert.Throws<ReplayFailure>(() => CandleFiles.PairOf(name)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_same_minute_in_two_files_is_an_error()
    {
        Write("btc-usd-1m-a.csv", Header, Good);
        Write("btc-usd-1m-b.csv", Header, Good);

        var failure = Assert.Throws<ReplayFailure>(() => CandleFiles.Read([folder.FullName]));

        Assert.Contains("BTC/USD at 2018-04-04T00:00:00Z", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_path_that_is_not_there_or_an_empty_folder_is_wrong_use()
    {
        Assert.Equal(2, Assert.Throws<ReplayFailure>(() => CandleFiles.Read([folder.FullName])).ExitCode);
        Assert.Equal(2, Assert.Throws<ReplayFailure>(() => CandleFiles.Read([Path.Combine(folder.FullName, "none.csv")])).ExitCode);
    }

    private string Write(string name, params string[] lines)
    {
        var path = Path.Combine(folder.FullName, name);
        File.WriteAllLines(path, lines);
        return path;
    }
}

using System.Globalization;

namespace Pilothouse.Replay;

/// <summary>
/// Reads one-minute candles from CSV files with names like <c>btc-usd-1m-2018-04-04_05.csv</c>, in which the first two words are the pair.
/// Nothing is guessed or skipped: a wrong line is a <see cref="ReplayFailure"/> with the file and the line number.
/// </summary>
internal static class CandleFiles
{
    private const string Header = "timestamp,open,high,low,close,volume";
    private const int WrongUse = 2;

    /// <summary>
    /// Returns the candles of all <paramref name="paths"/>, ordered by time and then by pair. A folder stands for all its *.csv files.
    /// </summary>
    public static IReadOnlyList<MinuteCandle> Read(IEnumerable<string> paths)
    {
        var candles = paths.SelectMany(FilesOf).Select(Path.GetFullPath).Distinct(StringComparer.Ordinal)
            .SelectMany(ReadFile)
            .OrderBy(candle => candle.Time).ThenBy(candle => candle.Pair, StringComparer.Ordinal)
            .ToList();
        for (var i = 1; i < candles.Count; i++)
        {
            if (candles[i].Time == candles[i - 1].Time && candles[i].Pair == candles[i - 1].Pair)
            {
                throw new ReplayFailure(
                    $"Two of the files have a candle of {candles[i].Pair} at {candles[i].Time:yyyy-MM-ddTHH:mm:ssZ}. Give each minute once.");
            }
        }

        return candles;
    }

    private static string[] FilesOf(string path)
    {
        if (File.Exists(path))
        {
            return [path];
        }

        if (!Directory.Exists(path))
        {
            throw new ReplayFailure($"There is no file or folder {path}. Name one with --data.", WrongUse);
        }

        var files = Directory.GetFiles(path, "*.csv");
        Array.Sort(files, StringComparer.Ordinal);
        return files.Length > 0
            ? files
            : throw new ReplayFailure($"The folder {path} holds no *.csv. Name a folder with candles by --data.", WrongUse);
    }

    private static List<MinuteCandle> ReadFile(string path)
    {
        try
        {
            return ReadLines(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ReplayFailure($"{path} cannot be read: {error.Message}");
        }
    }

    private static List<MinuteCandle> ReadLines(string path)
    {
        var pair = PairOf(path);
        var candles = new List<MinuteCandle>();
        var number = 0;
        foreach (var line in File.ReadLines(path))
        {
            number++;
            if (number > 1)
            {
                var candle = Parse(pair, line, path, number);
                if (candles.Count > 0 && candle.Time <= candles[^1].Time)
                {
                    throw Wrong(path, number, "the timestamp is not later than that of the line before");
                }

                candles.Add(candle);
            }
            else if (line != Header)
            {
                throw Wrong(path, number, $"the first line must be {Header}");
            }
        }

        return candles.Count > 0 ? candles : throw Wrong(path, Math.Max(number, 1), "there is no candle");
    }

    /// <summary>Returns the pair in the name of a file: <c>btc-usd-1m-anything.csv</c> is BTC/USD.</summary>
    public static string PairOf(string path)
    {
        var words = Path.GetFileNameWithoutExtension(path).Split('-');
        return words.Length >= 3 && words[2] == "1m" && IsAsset(words[0]) && IsAsset(words[1])
            ? $"{words[0]}/{words[1]}".ToUpperInvariant()
            : throw new ReplayFailure(
                $"{path}: the name must begin with the pair and the candle's length, as in btc-usd-1m-2018-04-04.csv. Only one-minute candles can be replayed.");
    }

    private static bool IsAsset(string word) => word.Length is > 0 and <= 19 && word.All(char.IsAsciiLetterOrDigit);

    private static MinuteCandle Parse(string pair, string line, string path, int number)
    {
        var fields = line.Split(',');
        if (fields.Length != 6)
        {
            throw Wrong(path, number, $"{fields.Length} fields where 6 are expected ({Header})");
        }

        if (!DateTimeOffset.TryParseExact(
                fields[0], "yyyy-MM-dd'T'HH:mm:00'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time))
        {
            throw Wrong(path, number, $"the timestamp '{fields[0]}' is not a whole minute like 2018-04-04T00:01:00Z");
        }

        var candle = new MinuteCandle(
            pair, time, Price(fields[1], "open"), Price(fields[2], "high"), Price(fields[3], "low"), Price(fields[4], "close"),
            Number(fields[5], "volume"));
        return candle.Low <= Math.Min(candle.Open, candle.Close) && candle.High >= Math.Max(candle.Open, candle.Close)
            ? candle
            : throw Wrong(path, number, "open and close do not lie between low and high");

        decimal Price(string text, string name)
        {
            var price = Number(text, name);
            return price > 0 ? price : throw Wrong(path, number, $"{name} must be greater than 0");
        }

        decimal Number(string text, string name) =>
            decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value)
                ? value
                : throw Wrong(path, number, $"{name} '{text}' is not a number like 7424.91");
    }

    private static ReplayFailure Wrong(string path, int line, string what) => new($"{path}, line {line}: {what}.");
}

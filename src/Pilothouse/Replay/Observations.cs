using System.Globalization;

namespace Pilothouse.Replay;

/// <summary>Describes an analysis in words, from the indicators alone.</summary>
internal static class Observations
{
    public static string Confidence(IndicatorReading reading) => Math.Abs(reading.Score) switch
    {
        >= 6 => "high",
        >= 4 => "medium",
        _ => "low",
    };

    /// <summary>Returns one sentence for each indicator that has something to say, and one with the score.</summary>
    public static string Describe(IndicatorReading reading)
    {
        var said = new List<string>
        {
            $"EMA 9 ({Text(reading.Ema9)}) is {Side(reading.Ema9, reading.Ema21)} EMA 21 ({Text(reading.Ema21)}).",
            $"MACD ({Text(reading.Macd)}) is {Side(reading.Macd, reading.MacdSignal)} its signal ({Text(reading.MacdSignal)}).",
        };
        if (reading.Vwap is { } vwap)
        {
            said.Add($"The price ({Text(reading.Price)}) is {Side(reading.Price, vwap)} the day's VWAP ({Text(vwap)}).");
        }

        if (reading.Sma50 is { } sma)
        {
            said.Add($"The price is {Side(reading.Price, sma)} SMA 50 ({Text(sma)}).");
        }

        said.Add($"RSI 14 is {Text(reading.Rsi)}{(reading.Rsi < 30 ? ", oversold" : reading.Rsi > 70 ? ", overbought" : "")}.");
        if (reading.Price <= reading.BollingerLower)
        {
            said.Add("The price is at or under the lower Bollinger band.");
        }

        if (reading.Price >= reading.BollingerUpper)
        {
            said.Add("The price is at or over the upper Bollinger band.");
        }

        said.Add(string.Create(CultureInfo.InvariantCulture, $"The score is {reading.Score} of 7."));
        return string.Join(' ', said);
    }

    private static string Side(double value, double line) => value > line ? "above" : value < line ? "below" : "at";

    private static string Text(double value) => value.ToString("0.00##", CultureInfo.InvariantCulture);
}

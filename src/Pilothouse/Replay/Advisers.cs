using System.Globalization;

namespace Pilothouse.Replay;

/// <summary>
/// The three agents of the replay. Each is a rule over a few figures of the candles, and calls no model. They advise: the bot trades by its
/// score alone, so that its figures stay the same, and the record shows what following an agent would have been worth.
/// </summary>
internal static class Advisers
{
    public const string Trend = "trend_agent";
    public const string Reversion = "reversion_agent";
    public const string Risk = "risk_agent";

    private const double FeesPercent = (double)TradeRules.FeeRate * 200;
    private const double StopPercent = 1;
    private const double WideBands = 2.5;
    private const int TooManyLosses = 4;
    private const double ThinVolume = 1.5;

    /// <summary>Says buy or sell where the means, MACD, VWAP and SMA 50 point the same way, else hold.</summary>
    public static Opinion OfTrend(IndicatorReading reading)
    {
        var gap = Round((reading.Ema9 / reading.Ema21) - 1, 0.01);
        var (macd, vwap, sma) = (Math.Sign(reading.MacdHistogram), Side(reading.Price, reading.Vwap), Side(reading.Price, reading.Sma50));
        var votes = (2 * Math.Sign(gap)) + macd + vwap + sma;
        var strength = (0.35 * Math.Abs(votes) / 5) + (0.3 * Math.Min(1, Math.Abs(gap) / 0.2));
        var (decision, confidence) = Math.Abs(votes) >= 3 && Math.Abs(gap) >= 0.02 ? (votes > 0 ? "buy" : "sell", 0.3 + strength) : ("hold", 0.9 - strength);
        return new(
            Trend, "analyst", "entry", decision, decision != "hold", Digits(confidence),
            Say($"EMA 9 is {gap:0.00} % from EMA 21; MACD {Word(macd)}, VWAP {Word(vwap)}, SMA 50 {Word(sma)}: {votes} of 5 votes, so {decision}."),
            new() { ["ema_gap_percent"] = gap, ["macd"] = macd, ["vwap"] = vwap, ["sma50"] = sma }, new() { ["votes"] = votes });
    }

    /// <summary>Says that a price that has gone far from its mean comes back: sell high above it, buy far below it, else hold.</summary>
    public static Opinion OfReversion(IndicatorReading reading)
    {
        var deviation = (reading.BollingerUpper - reading.BollingerMiddle) / 2;
        var far = deviation > 0 ? Math.Round((reading.Price - reading.BollingerMiddle!.Value) / deviation.Value * 4) / 4 : 0;
        var rsi = Math.Round(reading.Rsi / 5) * 5;
        var stretch = (0.3 * Math.Min(1, Math.Abs(far) / 3)) + (0.4 * Math.Min(1, Math.Abs(rsi - 50) / 40));
        var decision = far >= 1.5 && rsi >= 60 ? "sell" : far <= -1.5 && rsi <= 40 ? "buy" : "hold";
        return new(
            Reversion, "analyst", "entry", decision, decision != "hold", Digits(decision == "hold" ? 0.85 - stretch : 0.2 + stretch),
            Say($"The price is {far:0.##} deviations from its mean of 20 and RSI 14 is about {rsi:0}, so {decision}."),
            new() { ["deviations"] = far, ["rsi"] = rsi }, new() { ["stretch"] = Digits(stretch) });
    }

    /// <summary>Rejects a trade after several losses in a row, and where prices move too little for the fees or too much for the stop.</summary>
    public static Opinion OfRisk(IndicatorReading reading, int lossesInARow)
    {
        var width = Round((reading.BollingerUpper - reading.BollingerLower) / reading.BollingerMiddle ?? 0, 0.05);
        var losses = Math.Min(lossesInARow, TooManyLosses + 1);
        var reasons = new List<string>();
        AddIf(reasons, losses >= TooManyLosses, Say($"{TooManyLosses} or more trades of the pair in a row have lost"));
        AddIf(reasons, width < 2 * FeesPercent, Say($"the bands are {width:0.00} % wide and the fees {FeesPercent:0.0} %"));
        AddIf(reasons, width > WideBands, Say($"the bands are {width:0.00} % wide and the stop is {StopPercent:0.#} % away"));
        var approves = reasons.Count == 0;
        return new(
            Risk, "risk_manager", "risk_check", approves ? "approve" : "reject", true,
            Digits(approves ? 0.85 - (0.1 * losses) - (0.1 * width / WideBands) : 0.4 + (0.15 * reasons.Count) + (0.04 * losses)),
            approves ? Say($"The bands are {width:0.00} % wide and {losses} trades in a row have lost: approved.") : $"Rejected: {string.Join("; ", reasons)}.",
            new() { ["losses_in_a_row"] = losses, ["band_width_percent"] = width }, new() { ["objections"] = reasons.Count });
    }

    /// <summary>Says whether to trade a spike: not one that has gone further than the stop already, and not one without volume.</summary>
    public static Opinion OfSpike(SeenSpike spike)
    {
        var (move, volume) = (Round(Math.Abs(spike.MagnitudePercent) / 100, 0.1), Math.Min(20, Math.Round(spike.VolumeMultiplier * 2) / 2));
        var (decision, why, confidence) = move > 1.5 * StopPercent ? ("skip", "it has gone further than the stop is wide, so it is late", 0.6 + Math.Min(0.3, move / 20))
            : volume < ThinVolume ? ("skip", "it has no more volume than usual", 0.7 - (0.2 * volume / ThinVolume))
            : ("trade", "it has volume and room", 0.45 + Math.Min(0.4, volume / 20));
        return new(
            Risk, "risk_manager", "spike", decision, decision == "trade", Digits(confidence),
            Say($"The {(spike.IsPump ? "pump" : "dump")} of {move:0.0} % has {volume:0.#} times the usual volume: {why}."),
            new() { ["direction"] = spike.IsPump ? 1 : -1, ["move_percent"] = move, ["volume_multiplier"] = volume }, new() { ["stop_percent"] = StopPercent });
    }

    /// <summary>What a trade of a spike would risk, in percent of its value.</summary>
    public static Dictionary<string, double> RiskOf(SeenSpike spike) => new()
    {
        ["stop_percent"] = StopPercent,
        ["fees_percent"] = FeesPercent,
        ["moved_already_percent"] = Math.Abs(spike.MagnitudePercent),
    };

    /// <summary>What else the candles showed when a spike was seen.</summary>
    public static Dictionary<string, double> ContextOf(IndicatorReading reading)
    {
        var context = new Dictionary<string, double> { ["score"] = reading.Score, ["rsi"] = Digits(reading.Rsi) };
        if (reading.Vwap is { } vwap)
        {
            context["vwap_gap_percent"] = Digits(((reading.Price / vwap) - 1) * 100);
        }

        return context;
    }

    private static void AddIf(List<string> reasons, bool holds, string reason) => reasons.AddRange(holds ? [reason] : []);

    private static int Side(double price, double? line) => line is { } known ? Math.Sign(price - known) : 0;

    private static string Word(int side) => side switch { > 0 => "up", < 0 => "down", _ => "even" };

    /// <summary>A part in percent, rounded to steps, so that the same question comes again and an answer can be kept.</summary>
    private static double Round(double part, double step) => Digits(Math.Round(part * 100 / step) * step);

    private static double Digits(double value) => Math.Round(value, 4) + 0.0;

    private static string Say(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

using System.Globalization;

namespace Pilothouse.Configuration;

/// <summary>A limit of a fall within a time.</summary>
/// <param name="Percent">How many percent below the highest price of the window.</param>
/// <param name="Window">How far the window reaches back.</param>
/// <param name="Name">The window as the owner wrote it, such as 5m.</param>
internal sealed record FallLimit(decimal Percent, TimeSpan Window, string Name);

/// <summary>When the circuit breaker stops trading. docs/metrics.md defines each rule. A rule without a limit is off.</summary>
internal sealed class BreakerSettings
{
    private const string Falls = "percent/time such as 10/5m,15/1h,20/4h (s, m or h; above 0 and up to 100 percent, 1s to 24h), or 0 or empty for off";

    public BreakerSettings(SettingSource from)
    {
        BtcDump = from.OrOff("CIRCUIT_BREAKER_BTC_DUMP", "10/5m,15/1h,20/4h", Falls, ReadFalls) ?? [];
        EthDump = from.OrOff("CIRCUIT_BREAKER_ETH_DUMP", "12/5m,15/1h,25/4h", Falls, ReadFalls) ?? [];
        MarketCap = from.OrOff("CIRCUIT_BREAKER_MARKET_CAP", "20/4h", Falls, ReadFalls) ?? [];
        FearGreedBelow = Amount(from, "CIRCUIT_BREAKER_FEAR_GREED_BELOW", "10", 100);
        Liquidations1h = Amount(from, "CIRCUIT_BREAKER_LIQUIDATIONS_1H", "500000000", 1_000_000_000_000_000m);
        Drawdown = Amount(from, "CIRCUIT_BREAKER_DRAWDOWN", "20", 100);
        DailyLoss = Amount(from, "CIRCUIT_BREAKER_DAILY_LOSS", "10", 100);
        LosingStreak = (int?)from.OrOff("CIRCUIT_BREAKER_LOSING_STREAK", "0", "a whole number from 1 to 100000, or 0 or empty for off",
            static text => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value is > 0 and <= 100_000 ? (object)value : null);
        Confirmations = from.Whole("CIRCUIT_BREAKER_CONFIRMATIONS", 2, 1, 100);
        AutoResume = from.Flag("CIRCUIT_BREAKER_AUTO_RESUME", true);
        DryRun = from.Flag("CIRCUIT_BREAKER_DRY_RUN", false);
    }

    public IReadOnlyList<FallLimit> BtcDump { get; }

    public IReadOnlyList<FallLimit> EthDump { get; }

    public IReadOnlyList<FallLimit> MarketCap { get; }

    /// <summary>An index of fear and greed below this stops trading.</summary>
    public decimal? FearGreedBelow { get; }

    /// <summary>More liquidations in an hour than this stop trading.</summary>
    public decimal? Liquidations1h { get; }

    /// <summary>In percent of the peak of the equity.</summary>
    public decimal? Drawdown { get; }

    /// <summary>In percent of the equity at the start of the day.</summary>
    public decimal? DailyLoss { get; }

    /// <summary>How many losing trades in a row.</summary>
    public int? LosingStreak { get; }

    /// <summary>How many observations in a row a fall of a price needs.</summary>
    public int Confirmations { get; }

    public bool AutoResume { get; }

    /// <summary>Whether the rules only record what they would have done.</summary>
    public bool DryRun { get; }

    private static decimal? Amount(SettingSource from, string name, string standard, decimal most) => (decimal?)from.OrOff(
        name, standard, string.Create(CultureInfo.InvariantCulture, $"a number above 0 and up to {most}, or 0 or empty for off"),
        text => decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value) && value > 0 && value <= most ? (object)value : null);

    private static FallLimit[]? ReadFalls(string text)
    {
        var limits = Array.ConvertAll(text.Split(',', StringSplitOptions.TrimEntries), ReadFall);
        return Array.TrueForAll(limits, static limit => limit is not null) && limits.DistinctBy(static limit => limit!.Window).Count() == limits.Length ? Array.ConvertAll(limits, static limit => limit!) : null;
    }

    private static FallLimit? ReadFall(string text)
    {
        if (text.Split('/', StringSplitOptions.TrimEntries) is not [var percent, { Length: > 1 } window]
            || !decimal.TryParse(percent, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var limit) || limit is <= 0 or > 100
            || !int.TryParse(window.AsSpan(0, window.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var count) || count is 0 or > 86_400)
        {
            return null;
        }

        var seconds = char.ToLowerInvariant(window[^1]) switch { 's' => 1L, 'm' => 60, 'h' => 3600, _ => 0 } * count;
        return seconds is > 0 and <= 86_400 ? new(limit, TimeSpan.FromSeconds(seconds), window.ToLowerInvariant()) : null;
    }
}

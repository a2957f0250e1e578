using System.Globalization;
using Pilothouse.Configuration;
using Pilothouse.MarketContext;
using Pilothouse.Storage;

namespace Pilothouse.CircuitBreaker;

/// <summary>One measure beside its limit.</summary>
/// <param name="Name">Such as btc_fall_5m.</param>
/// <param name="TriggerType">The rule that it belongs to.</param>
/// <param name="Value">Null while it is unknown.</param>
/// <param name="Limit">The limit that counts now.</param>
/// <param name="IsPast">Whether it would trigger: it is past the limit, and no hold pauses it.</param>
/// <param name="IsWithinSettings">Whether it is within the limit of the settings, whatever holds.</param>
/// <param name="Message">What it says when it triggers, as a sentence.</param>
internal sealed record Measured(
    string Name, string TriggerType, decimal? Value, decimal Limit, bool IsPast, bool IsWithinSettings, string Message)
{
    /// <summary>The significant digits of a percentage that are shown.</summary>
    private const int Digits = 12;

    public string? BotName { get; init; }

    public string? Mode { get; init; }

    /// <summary>When it was so: the time of the observation, or of the last close; null if nothing was seen.</summary>
    public DateTimeOffset? At { get; init; }

    /// <summary>Why there is no value; null if there is one, or if nothing was observed yet.</summary>
    public string? WhyUnknown { get; init; }

    /// <summary>The trade of the last close.</summary>
    public long? TradeId { get; init; }

    /// <summary>Whether it is a fall from a peak, and not a figure by itself.</summary>
    public bool HasPeak => Name is not (FearGreedRule.MeasureName or LiquidationsRule.MeasureName);

    /// <summary>What it is counted in. A fall within 5 minutes and one within an hour may have one limit.</summary>
    public string Unit => HasPeak ? TriggerType == TriggerTypes.LosingStreak ? "trades" : "percent" : Name;

    /// <summary>Whether it would not be past another limit.</summary>
    public bool IsWithin(decimal limit) => Name switch
    {
        FearGreedRule.MeasureName => !(Value < limit),
        LiquidationsRule.MeasureName => !(Value > limit),
        _ => !(Value >= limit),
    };

    public static decimal Shown(decimal value) => Exact.ToDigits(value, Digits);

    public static string Text(decimal value) => Math.Round(value, 2).ToString("0.##", CultureInfo.InvariantCulture);
}

/// <summary>
/// A rule over observations of the market. It triggers when enough observations in a row are past one of its limits: a single wrong price
/// is no crash. The definitions are those of docs/metrics.md, "Circuit breaker".
/// </summary>
/// <param name="name">Its name, under which its streak is kept.</param>
/// <param name="type">Its trigger type.</param>
/// <param name="confirmations">How many observations in a row it needs.</param>
internal abstract class MarketRule(string name, string type, int confirmations)
{
    public string Name => name;

    public string TriggerType => type;

    public int Confirmations => confirmations;

    /// <summary>Adds an observation to the history.</summary>
    public virtual void Fill(MarketSnapshot observation)
    {
    }

    /// <summary>Whether the observation says anything about this rule.</summary>
    public abstract bool IsIn(MarketSnapshot observation);

    /// <summary>Measures at the time of an observation that is in the history.</summary>
    public abstract IEnumerable<Measured> Measure(MarketSnapshot observation, IReadOnlyList<Hold> holds, DateTimeOffset now);

    public virtual void Forget(DateTimeOffset before)
    {
    }

    /// <summary>Returns the rules that the settings turn on.</summary>
    public static MarketRule[] Of(BreakerSettings settings)
    {
        var rules = new List<MarketRule>();
        void AddFalls(string name, string type, string subject, string label, IReadOnlyList<FallLimit> limits, Func<MarketSnapshot, decimal?> price)
        {
            if (limits.Count > 0)
            {
                rules.Add(new FallRule(name, type, subject, label, limits, settings.Confirmations, price));
            }
        }

        AddFalls("btc_dump", TriggerTypes.BtcDump, "BTC", "btc_fall", settings.BtcDump, static market => market.BtcPrice);
        AddFalls("eth_dump", TriggerTypes.EthDump, "ETH", "eth_fall", settings.EthDump, static market => market.EthPrice);
        AddFalls("market_cap", TriggerTypes.MarketWide, "The value of all coins", "market_cap_fall", settings.MarketCap, static market => market.TotalMarketCap);
        if (settings.FearGreedBelow is { } fear)
        {
            rules.Add(new FearGreedRule(fear));
        }

        if (settings.Liquidations1h is { } liquidations)
        {
            rules.Add(new LiquidationsRule(liquidations));
        }

        return [.. rules];
    }

    /// <summary>Returns the limit that counts, and whether the measure is paused.</summary>
    protected (decimal Limit, bool IsPaused) LimitOf(string measure, decimal standard, IReadOnlyList<Hold> holds, DateTimeOffset now)
    {
        var (limit, paused) = (standard, false);
        foreach (var hold in holds)
        {
            if (hold.IsFor(type, measure, null, null))
            {
                limit = hold.Limit ?? limit;
                paused |= hold.PausedUntil > now;
            }
        }

        return (limit, paused);
    }
}

/// <summary>A fall in percent from the highest price in a window that reaches back from the observation's own time, both ends inclusive.</summary>
internal sealed class FallRule(
    string name, string type, string subject, string label, IReadOnlyList<FallLimit> limits, int confirmations, Func<MarketSnapshot, decimal?> price)
    : MarketRule(name, type, confirmations)
{
    /// <summary>Above this, prices are scaled down before they are multiplied.</summary>
    private const decimal Large = 1e20m;
    private readonly PriceSeries series = new();

    public override bool IsIn(MarketSnapshot observation) => price(observation) > 0;

    public override void Fill(MarketSnapshot observation)
    {
        if (price(observation) is > 0 and { } now)
        {
            series.Add(observation.Timestamp!.Value, now);
        }
    }

    public override void Forget(DateTimeOffset before) => series.Forget(before);

    public override IEnumerable<Measured> Measure(MarketSnapshot observation, IReadOnlyList<Hold> holds, DateTimeOffset now)
    {
        var (at, current) = (observation.Timestamp!.Value, price(observation)!.Value);
        foreach (var fall in limits)
        {
            var measure = $"{label}_{fall.Name}";
            var from = at - fall.Window;
            foreach (var hold in holds)
            {
                from = hold.IsFor(TriggerType, measure, null, null) && hold.PeakFrom > from ? hold.PeakFrom.Value : from;
            }

            var highest = series.Highest(from, at) ?? current;
            var (limit, paused) = LimitOf(measure, fall.Percent, holds, now);
            var percent = Measured.Shown(Math.Max(0, (highest - current) / highest * 100));
            yield return new(measure, TriggerType, percent, limit, !paused && IsPast(highest, current, limit), !IsPast(highest, current, fall.Percent),
                $"{subject} fell {Measured.Text(percent)} % within {fall.Name}, from {highest.ToString(CultureInfo.InvariantCulture)} to {current.ToString(CultureInfo.InvariantCulture)}; the limit is {Measured.Text(limit)} %.")
            { At = at };
        }
    }

    /// <summary>Whether the fall is at or past the limit. It multiplies, because a quotient is rounded.</summary>
    private static bool IsPast(decimal highest, decimal current, decimal limit)
    {
        var scale = highest > Large ? 1e-9m : 1;
        return (highest - current) * scale * 100 >= limit * (highest * scale);
    }
}

/// <summary>The index of fear and greed is below its limit.</summary>
internal sealed class FearGreedRule(decimal below) : MarketRule("fear_greed", TriggerTypes.MarketWide, confirmations: 1)
{
    public const string MeasureName = "fear_greed_index";

    public override bool IsIn(MarketSnapshot observation) => observation.FearGreedIndex is not null;

    public override IEnumerable<Measured> Measure(MarketSnapshot observation, IReadOnlyList<Hold> holds, DateTimeOffset now)
    {
        var index = observation.FearGreedIndex!.Value;
        var (limit, paused) = LimitOf(MeasureName, below, holds, now);
        yield return new(MeasureName, TriggerType, index, limit, !paused && index < limit, !(index < below),
            string.Create(CultureInfo.InvariantCulture, $"The fear and greed index is {index}; the limit is {Measured.Text(limit)}."))
        { At = observation.Timestamp };
    }
}

/// <summary>More was liquidated within an hour than the limit.</summary>
internal sealed class LiquidationsRule(decimal over) : MarketRule("liquidations", TriggerTypes.MarketWide, confirmations: 1)
{
    public const string MeasureName = "liquidations_1h";

    public override bool IsIn(MarketSnapshot observation) => observation.Liquidations1h is not null;

    public override IEnumerable<Measured> Measure(MarketSnapshot observation, IReadOnlyList<Hold> holds, DateTimeOffset now)
    {
        var sum = observation.Liquidations1h!.Value;
        var (limit, paused) = LimitOf(MeasureName, over, holds, now);
        yield return new(MeasureName, TriggerType, sum, limit, !paused && sum > limit, !(sum > over),
            $"{Measured.Text(sum)} were liquidated within an hour; the limit is {Measured.Text(limit)}.")
        { At = observation.Timestamp };
    }
}

using Pilothouse.Configuration;
using Pilothouse.MarketContext;
using Pilothouse.Storage;

namespace Pilothouse.CircuitBreaker;

/// <summary>The last known figures of the market.</summary>
/// <param name="BtcDrop">The largest fall among the windows of the rule, in percent.</param>
internal sealed record MarketReadings(
    decimal? BtcPrice, decimal? EthPrice, decimal? Liquidations1h, long? FearGreedIndex, double? BtcDrop, double? EthDrop, double? MarketCapDrop)
{
    public static readonly MarketReadings None = new(null, null, null, null, null, null, null);
}

/// <summary>A rule that triggers now, and the measure that was past its limit.</summary>
internal sealed record BreakerFinding(string TriggerType, Measured Measure, MarketSnapshot? Observation)
{
    public string? BotName => Measure.BotName;

    public string? Mode => Measure.Mode;
}

/// <summary>
/// Judges observations of the market one after the other, in the order in which they were stored. Each fills the history; one that is not
/// older than five minutes also decides. It knows nothing of events, and is not thread-safe.
/// </summary>
internal sealed class MarketJudge(BreakerSettings settings, BreakerMemory memory)
{
    /// <summary>An observation or a close that is older decides nothing.</summary>
    public static readonly TimeSpan Freshness = TimeSpan.FromMinutes(5);

    private const string Columns = "id, time_of(timestamp), btc_price, eth_price, fear_greed_index, total_market_cap, liquidations_1h";

    private static readonly Sql Since = new($"SELECT {Columns} FROM market_context WHERE time_key(timestamp) >= @since ORDER BY time_key(timestamp), id");

    private static readonly Sql Between = new($"SELECT {Columns} FROM market_context WHERE id >= @first AND id <= @last ORDER BY id");

    private static readonly Sql Unjudged = new("SELECT row_id FROM changes WHERE seq > @seq AND table_name = 'market_context' AND kind = 'recorded'");

    private readonly MarketRule[] rules = MarketRule.Of(settings);
    private readonly Dictionary<string, (DateTimeOffset At, Measured[] Measures)> latest = [];
    private readonly Dictionary<string, (DateTimeOffset At, decimal Value)> readings = [];
    private DateTimeOffset forgotten;

    /// <summary>How long the history must reach back.</summary>
    private static TimeSpan Reach(BreakerSettings settings) =>
        settings.BtcDump.Concat(settings.EthDump).Concat(settings.MarketCap).Select(static fall => fall.Window).DefaultIfEmpty().Max() + Freshness + Freshness;

    public BreakerMemory Memory { get; private set; } = memory;

    /// <summary>Each measure as the newest observation that has it shows it.</summary>
    public IEnumerable<Measured> Measures => rules.SelectMany(rule =>
        latest.TryGetValue(rule.Name, out var known) ? known.Measures : []);

    public MarketReadings Readings => new(Price("btc"), Price("eth"), Price("liquidations"), (long?)Price("fear"),
        Drop(TriggerTypes.BtcDump, "btc"), Drop(TriggerTypes.EthDump, "eth"), Drop(TriggerTypes.MarketWide, "market_cap"));

    /// <summary>Returns a judge whose history holds what was stored up to a position in the log of changes.</summary>
    public static async ValueTask<MarketJudge> LoadAsync(Session session, BreakerSettings settings, BreakerMemory memory, long position, DateTimeOffset now)
    {
        var judge = new MarketJudge(settings, memory);
        var unjudged = (await session.Prepare(Unjudged).Set("seq", (long?)position).ListAsync(static row => row.Id(0))).ToHashSet();
        var newest = new Dictionary<string, MarketSnapshot>();
        await session.Prepare(Since).SetKey("since", Timestamps.ToStored(now - Reach(settings))).EachAsync(row =>
        {
            if (!unjudged.Contains(row.Id(0)) && Read(row) is { Timestamp: { } at } observation && at <= now + Freshness)
            {
                judge.Fill(observation);
                Array.ForEach(Array.FindAll(judge.rules, rule => rule.IsIn(observation)), rule => newest[rule.Name] = observation);
            }
        });
        foreach (var (rule, observation) in newest)
        {
            judge.Look(Array.Find(judge.rules, one => one.Name == rule)!, observation, now);
        }

        return judge;
    }

    /// <summary>Reads the observations of these ids.</summary>
    public static async ValueTask<Dictionary<long, MarketSnapshot>> ReadAsync(Session session, IReadOnlyList<long> ids)
    {
        var found = new Dictionary<long, MarketSnapshot>();
        void Take(Row row) => found[row.Id(0)] = Read(row);

        // Ids of rows that were stored together lie side by side. Another program may choose any.
        if (ids.Count > 0 && ids.Max() - ids.Min() < 4L * ids.Count + 1000)
        {
            await session.Prepare(Between).Set("first", (long?)ids.Min()).Set("last", (long?)ids.Max()).EachAsync(Take);
            return found;
        }

        foreach (var id in ids)
        {
            await session.Prepare(Between).Set("first", (long?)id).Set("last", (long?)id).EachAsync(Take);
        }

        return found;
    }

    /// <summary>Takes the next observation.</summary>
    /// <returns>The rules that are past their limits often enough in a row; null if the observation decides nothing.</returns>
    public IReadOnlyList<BreakerFinding>? Judge(MarketSnapshot observation, DateTimeOffset now)
    {
        if (observation.Timestamp is not { } at || at < now - Reach(settings))
        {
            // No window that decides reaches back to it.
            return null;
        }

        Fill(observation);
        Forget(now);
        if (at > now + Freshness)
        {
            return null;
        }

        List<BreakerFinding>? findings = (now - at).Duration() <= Freshness ? [] : null;
        foreach (var rule in Array.FindAll(rules, rule => rule.IsIn(observation)))
        {
            var measures = Look(rule, observation, now);
            if (findings is null)
            {
                continue;
            }

            var past = Array.Find(measures, static measure => measure.IsPast);
            var streak = past is null ? 0 : Memory.Streaks.GetValueOrDefault(rule.Name) + 1;
            Memory = Memory with { Streaks = new(Memory.Streaks) { [rule.Name] = Math.Min(streak, rule.Confirmations) } };
            if (past is not null && streak >= rule.Confirmations)
            {
                findings.Add(new(rule.TriggerType, past, observation));
            }
        }

        Prune(now);
        return findings;
    }

    private static MarketSnapshot Read(Row row) => new()
    {
        Id = row.Id(0),
        Timestamp = row.Time(1),
        BtcPrice = row.Money(2),
        EthPrice = row.Money(3),
        FearGreedIndex = row.Whole(4) is >= 0 and <= 100 and var index ? index : null,
        TotalMarketCap = row.Money(5),
        Liquidations1h = row.Money(6) is >= 0 and var sum ? sum : null,
    };

    private void Fill(MarketSnapshot observation)
    {
        Array.ForEach(rules, rule => rule.Fill(observation));
        Note("btc", observation, observation.BtcPrice is > 0 ? observation.BtcPrice : null);
        Note("eth", observation, observation.EthPrice is > 0 ? observation.EthPrice : null);
        Note("liquidations", observation, observation.Liquidations1h);
        Note("fear", observation, observation.FearGreedIndex);
    }

    private void Note(string name, MarketSnapshot observation, decimal? value)
    {
        if (value is { } known && !(readings.TryGetValue(name, out var before) && before.At > observation.Timestamp))
        {
            readings[name] = (observation.Timestamp!.Value, known);
        }
    }

    /// <summary>Measures, and keeps the measures for the answers unless they are of an older time than those that are kept.</summary>
    private Measured[] Look(MarketRule rule, MarketSnapshot observation, DateTimeOffset now)
    {
        Measured[] measures = [.. rule.Measure(observation, Memory.Holds, now)];
        var at = observation.Timestamp!.Value;
        if (!(latest.TryGetValue(rule.Name, out var known) && known.At > at))
        {
            latest[rule.Name] = (at, measures);
        }

        return measures;
    }

    /// <summary>Ends the holds that are over: a pause with its time, another limit when the measure is within the settings again.</summary>
    private void Prune(DateTimeOffset now)
    {
        if (Memory.Holds.Count > 0)
        {
            var measures = Measures.ToList();
            Memory = Memory with
            {
                Holds = Memory.Holds.FindAll(hold => hold.PausedUntil is { } end ? end > now
                    : hold.PeakFrom is { } from ? from > now - Reach(settings)
                    : measures.Any(measure => hold.IsFor(measure.TriggerType, measure.Name, null, null) && !measure.IsWithinSettings)),
            };
        }
    }

    private void Forget(DateTimeOffset now)
    {
        // A clock that has jumped ahead must not take the history away: the newest observation counts as well.
        var newest = readings.Count == 0 ? now : readings.Values.Max(static reading => reading.At);
        var end = (newest < now ? newest : now) - Reach(settings);
        if (end - forgotten > Freshness)
        {
            forgotten = end;
            Array.ForEach(rules, rule => rule.Forget(end));
        }
    }

    private decimal? Price(string name) => readings.TryGetValue(name, out var reading) ? reading.Value : null;

    private double? Drop(string type, string prefix) => Measures
        .Where(measure => measure.TriggerType == type && measure.Name.StartsWith(prefix, StringComparison.Ordinal))
        .Max(static measure => measure.Value) is { } drop ? Exact.ToDouble(drop) : null;
}

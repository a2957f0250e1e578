using System.Globalization;
using Pilothouse.Contract;
using Pilothouse.Prices;
using Pilothouse.Storage;

namespace Pilothouse.Spikes;

/// <summary>How often a detector was right (docs/metrics.md, "Spikes").</summary>
/// <param name="AgentDetectedBy">The detector; null for spikes that name none.</param>
/// <param name="Spikes">How many it reported.</param>
/// <param name="Detected">How many of them are still to be analyzed.</param>
/// <param name="Analyzed">How many wait for a decision.</param>
/// <param name="TruePositives">Of those that can be judged, how many were spikes.</param>
/// <param name="FalsePositives">How many were none.</param>
/// <param name="TrueByTrade">How many of the true positives are known by their trades; the others by the price.</param>
/// <param name="FalseByTrade">How many of the false positives are known by their trades.</param>
/// <param name="Pending">How many have an open trade.</param>
/// <param name="Precision">True positives in percent of both; null where there is none.</param>
/// <param name="PrecisionLow">The lower end of its Wilson interval (95 %), in percent.</param>
/// <param name="PrecisionHigh">The upper end.</param>
/// <param name="EnoughData">Whether at least 30 were judged.</param>
/// <param name="MeanConfidence">The mean of confidence_score, where it is known.</param>
/// <param name="MeanLatencyMs">The mean of detection_latency_ms, where it is known.</param>
internal sealed record DetectorFigures(
    string? AgentDetectedBy, long Spikes, long Detected, long Analyzed, long Traded, long Skipped, long TruePositives, long FalsePositives, long TrueByTrade,
    long FalseByTrade, long Pending, double? Precision, double? PrecisionLow, double? PrecisionHigh, bool EnoughData, double? MeanConfidence, double? MeanLatencyMs);

/// <summary>The answer with the figures of each detector, that with the most spikes first.</summary>
/// <param name="HorizonHours">After how many hours the price judged spikes without a trade.</param>
internal sealed record DetectorsAnswer(bool Success, int Count, int HorizonHours, IReadOnlyList<DetectorFigures> Data);

/// <summary>Computes how often each detector was right.</summary>
internal static class SpikeDetectors
{
    /// <summary>The hours of each <see cref="Horizon"/>.</summary>
    public static readonly Choices Horizons = new([.. Horizon.All.Select(static one => one.TotalHours.ToString(CultureInfo.InvariantCulture))]);

    private static readonly string[] Filters = ["trading_pair", "direction", "spike_type", "agent_detected_by", "bot_name"];

    private static readonly Sql All = new($"""
        SELECT agent_detected_by, status, direction, trading_pair, time_of(timestamp), confidence_score, detection_latency_ms, outcome, trade_id
        FROM spike_events WHERE time_key(timestamp) >= @from AND time_key(timestamp) < @to
          {string.Concat(Filters.Select(static name => $"AND (@{name} IS NULL OR {SpikeStore.Table.Columns.Single(column => column.Name == name).Condition}) "))}
        """);

    public static async ValueTask<DetectorsAnswer> ReadAsync(Session session, QueryValues query, DateTimeOffset now)
    {
        var detectors = new Dictionary<string, Detector>(StringComparer.Ordinal);
        var traded = new List<(Detector Detector, long TradeId)>();
        var moments = new List<(string Pair, DateTimeOffset At)>();
        var moved = new List<(Detector Detector, int Way)>();
        var statement = session.Prepare(All).SetKey("from", Timestamps.ToStored(query.Time("from_date") ?? DateTimeOffset.MinValue))
            .SetKey("to", Timestamps.ToStoredAfter(query.Time("to_date") ?? now.AddMinutes(5)));
        foreach (var name in Filters)
        {
            statement = statement.Set(name, query.Text(name));
        }

        await statement.EachAsync(Take);
        var outcomes = await SpikeOutcomes.OfTradesAsync(session, traded.Select(static one => one.TradeId));
        foreach (var (detector, tradeId) in traded)
        {
            detector.Judge(outcomes.GetValueOrDefault(tradeId).Word);
        }

        var horizon = Horizons.All.ToList().IndexOf(query.Text("horizon")!);
        var moves = await PriceMoves.FindAsync(session, moments, now);
        for (var i = 0; i < moved.Count; i++)
        {
            moved[i].Detector.JudgeByPrice(moves[(i * Horizon.All.Length) + horizon].Direction * moved[i].Way);
        }

        List<DetectorFigures> figures =
            [.. detectors.Values.Select(static one => one.ToFigures()).OrderByDescending(static one => one.Spikes).ThenBy(static one => one.AgentDetectedBy, StringComparer.Ordinal)];
        return new(true, figures.Count, (int)Horizon.All[horizon].TotalHours, figures);

        void Take(Row row)
        {
            var name = row.Text(0);
            if (!detectors.TryGetValue(name ?? "", out var detector))
            {
                detectors[name ?? ""] = detector = new(name);
            }

            detector.Add(SpikeFlow.Statuses.Normal(row.Text(1)), row.Number(5), row.Whole(6));
            if (row.Whole(8) is { } tradeId)
            {
                traded.Add((detector, tradeId));
            }
            else if (SpikeOutcome.Words.Normal(row.Text(7)) is { } word)
            {
                detector.Judge(word);
            }
            else if (NewSpike.Directions.Normal(row.Text(2)) is { } direction && row.Text(3) is { } pair && row.Time(4) is { } at)
            {
                moments.Add((pair, at));
                moved.Add((detector, direction == "pump" ? 1 : -1));
            }
        }
    }

    private sealed class Detector(string? name)
    {
        private readonly Dictionary<string, long> statuses = SpikeFlow.Statuses.All.ToDictionary(static word => word, static _ => 0L);
        private (long Count, double Sum) confidence;
        private (long Count, double Sum) latency;
        private long spikes;
        private long pending;
        private (long True, long False) byTrade;
        private (long True, long False) byPrice;

        public void Add(string? status, double? score, long? latencyMs)
        {
            spikes++;

            // What another program called otherwise is still to be analyzed.
            statuses[status ?? SpikeFlow.Detected]++;
            confidence = score is >= 0 and <= 1 and var sure ? (confidence.Count + 1, confidence.Sum + sure) : confidence;
            latency = latencyMs is >= 0 and var waited ? (latency.Count + 1, latency.Sum + waited) : latency;
        }

        /// <summary>Counts what came of its trade.</summary>
        public void Judge(string? outcome)
        {
            byTrade = (byTrade.True + (outcome == SpikeOutcome.Profitable ? 1 : 0), byTrade.False + (outcome == SpikeOutcome.Unprofitable ? 1 : 0));
            pending += outcome == SpikeOutcome.Pending ? 1 : 0;
        }

        /// <summary>Counts whether the price moved its way (1), against it (-1) or not at all (0); null is not known.</summary>
        public void JudgeByPrice(int? move) => byPrice = (byPrice.True + (move > 0 ? 1 : 0), byPrice.False + (move < 0 ? 1 : 0));

        public DetectorFigures ToFigures()
        {
            var (right, wrong) = (byTrade.True + byPrice.True, byTrade.False + byPrice.False);
            var judged = right + wrong;
            var interval = WilsonInterval.Of(right, judged);
            return new(
                name, spikes, statuses[SpikeFlow.Detected], statuses[SpikeFlow.Analyzed], statuses[SpikeFlow.Traded], statuses[SpikeFlow.Skipped],
                right, wrong, byTrade.True, byTrade.False, pending, judged == 0 ? null : 100.0 * right / judged, interval?.Low * 100, interval?.High * 100,
                judged >= WilsonInterval.EnoughCases, confidence.Count == 0 ? null : confidence.Sum / confidence.Count, latency.Count == 0 ? null : latency.Sum / latency.Count);
        }
    }
}

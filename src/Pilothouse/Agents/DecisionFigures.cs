namespace Pilothouse.Agents;

/// <summary>Figures of some decisions (docs/metrics.md, "Agents").</summary>
/// <param name="Decisions">How many there are.</param>
/// <param name="AvgConfidence">The mean of their confidences, 0 to 1.</param>
/// <param name="AvgExecutionTimeMs">The mean of their execution times, in milliseconds.</param>
/// <param name="P95ExecutionTimeMs">So many milliseconds are enough for 95 % of them, interpolated between the two nearest.</param>
/// <param name="Cost">What the uses of outside APIs that name them cost.</param>
/// <param name="Horizons">What became of them by 1, 4 and 24 hours.</param>
/// <param name="Undefined">Why a field is null, by its name.</param>
internal sealed record DecisionFigures(
    long Decisions, double? AvgConfidence, double? AvgExecutionTimeMs, double? P95ExecutionTimeMs, decimal? Cost, IReadOnlyList<HorizonFigures> Horizons,
    Dictionary<string, string> Undefined);

/// <summary>What became of decisions by a horizon.</summary>
/// <param name="Horizon">1h, 4h or 24h.</param>
/// <param name="Neither">How many trades broke even, and how many prices did not move.</param>
/// <param name="Unknown">How many cannot be judged, or not yet.</param>
/// <param name="N">How many were right or wrong.</param>
/// <param name="AccuracyPercent">The right ones of these, in percent.</param>
/// <param name="AccuracyLow">The lower end of Wilson's interval (95 %) of that, in percent.</param>
/// <param name="AccuracyHigh">Its upper end.</param>
/// <param name="EnoughData">Whether n is at least 30.</param>
/// <param name="BrierScore">The mean of (confidence − outcome)², where right is 1 and wrong 0: 0 is best.</param>
/// <param name="BrierN">How many of n have a confidence.</param>
/// <param name="Calibration">The same by how sure the agent was.</param>
internal sealed record HorizonFigures(
    string Horizon, long Right, long Wrong, long Neither, long Unknown, long N, double? AccuracyPercent, double? AccuracyLow, double? AccuracyHigh,
    bool EnoughData, double? BrierScore, long BrierN, IReadOnlyList<CalibrationBand> Calibration, Dictionary<string, string> Undefined);

/// <summary>The decisions of one band of confidence that were right or wrong.</summary>
/// <param name="From">The lower end of the band, inclusive.</param>
/// <param name="To">Its upper end; only the last band has it too.</param>
/// <param name="N">How many there are.</param>
/// <param name="RightPercent">The right ones of these, in percent; null if there is none.</param>
/// <param name="AvgConfidence">The mean of their confidences; null if there is none.</param>
internal sealed record CalibrationBand(double From, double To, long N, long Right, double? RightPercent, double? AvgConfidence);

/// <summary>The figures of one agent.</summary>
/// <param name="Roles">Its roles, in the order of their names.</param>
/// <param name="FirstDecisionAt">The first of the decisions that were selected.</param>
/// <param name="LastDecisionAt">The last of them.</param>
/// <param name="Types">The figures of each type of decision.</param>
/// <param name="Periods">The figures of each period with a decision, the oldest first.</param>
internal sealed record AgentFigures(
    string AgentName, IReadOnlyList<string> Roles, DateTimeOffset FirstDecisionAt, DateTimeOffset LastDecisionAt, DecisionFigures Figures,
    IReadOnlyList<TypeFigures> Types, IReadOnlyList<PeriodOfDecisions> Periods);

/// <summary>The figures of one type of decision.</summary>
internal sealed record TypeFigures(string? DecisionType, DecisionFigures Figures);

/// <summary>The figures of one UTC day, ISO week or month.</summary>
internal sealed record PeriodOfDecisions(DateTimeOffset PeriodStart, DecisionFigures Figures);

/// <summary>What was computed from decisions.</summary>
/// <param name="JudgedAt">Until when outcomes were looked for.</param>
/// <param name="Period">By which periods the figures are split: daily, weekly or monthly.</param>
internal sealed record ComputedPerformance(
    DateTimeOffset? From, DateTimeOffset? To, DateTimeOffset JudgedAt, string Period, IReadOnlyList<AgentFigures> Agents);

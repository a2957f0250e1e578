namespace Pilothouse.Replay;

/// <summary>A sudden move that the candles of a pair show (<see cref="SpikeWatch"/>).</summary>
/// <param name="At">When the candle closed that showed it.</param>
/// <param name="Type">price or volume.</param>
/// <param name="Detector">The agent that saw it.</param>
/// <param name="MagnitudePercent">Below 0 for a dump.</param>
/// <param name="Minutes">How long the move took.</param>
/// <param name="VolumeMultiplier">The volume of the candle divided by the mean of the hour before it.</param>
/// <param name="Confidence">From 0 to 1.</param>
/// <param name="LatencyMs">How long before the close of the candle the move was large enough, if the price went evenly from open to close.</param>
internal sealed record SeenSpike(
    DateTimeOffset At, string Pair, string Type, string Detector, double MagnitudePercent, int Minutes, double VolumeMultiplier,
    decimal PriceFrom, decimal PriceTo, double Confidence, int LatencyMs)
{
    public bool IsPump => MagnitudePercent > 0;
}

/// <summary>What an agent decided, and by which figures.</summary>
/// <param name="LeadsToTrade">Whether a trade that follows is what it wanted, or warned of.</param>
/// <param name="Confidence">From 0 to 1.</param>
/// <param name="Inputs">The figures by which it decided.</param>
/// <param name="Outputs">The figures that it made of them.</param>
internal sealed record Opinion(
    string Agent, string Role, string Type, string Decision, bool LeadsToTrade, double Confidence, string Reasoning,
    Dictionary<string, double> Inputs, Dictionary<string, double> Outputs);

/// <summary>What asking a model for an opinion would have used (<see cref="ModelMeter"/>).</summary>
/// <param name="IsFromCache">Whether the agent had the answer from its own cache, and asked no model.</param>
/// <param name="InputTokens">Without those that the API's own cache served.</param>
internal sealed record ModelUse(
    string Operation, string Model, bool IsFromCache, int InputTokens, int CachedTokens, int OutputTokens, int Milliseconds);

/// <summary>An opinion, and what it used.</summary>
internal sealed record PaidOpinion(Opinion Opinion, ModelUse Use);

/// <summary>The agents have decided about a signal that would open a trade. The signal of the pair comes before, the trade after it.</summary>
internal sealed record DecisionsMade(DateTimeOffset At, string Pair, IReadOnlyList<PaidOpinion> Opinions) : BotAction(At);

/// <summary>A spike was detected.</summary>
internal sealed record SpikeDetected(SeenSpike Spike) : BotAction(Spike.At);

/// <summary>A spike was analyzed: what else the candles showed then, what a trade of it would risk, and what the agent decided.</summary>
internal sealed record SpikeAnalyzed(
    SeenSpike Spike, Dictionary<string, double> Context, Dictionary<string, double> Risk, PaidOpinion Analysis) : BotAction(Spike.At);

/// <summary>The way of a spike has ended: with the open trade of its pair, or with the reason why it was not traded.</summary>
internal sealed record SpikeSettled(DateTimeOffset At, SeenSpike Spike, string? SkipReason) : BotAction(At);

/// <summary>The replay has written an article about what the candles did.</summary>
/// <param name="Name">A part of its URL.</param>
internal sealed record ArticleWritten(
    DateTimeOffset At, string Name, string Title, string Sentiment, double Confidence, IReadOnlyList<string> Assets, ModelUse Use) : BotAction(At);

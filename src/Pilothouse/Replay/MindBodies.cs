using System.Text.Json.Serialization;

namespace Pilothouse.Replay;

// The bodies of what the agents of the replay post, as docs/api.md describes them.

internal sealed record DecisionBody(
    DateTimeOffset Timestamp, string AgentName, string AgentRole, string DecisionType, string Decision, double Confidence, string Reasoning,
    IReadOnlyDictionary<string, double> InputData, IReadOnlyDictionary<string, double> OutputData, int ExecutionTimeMs, long? SpikeEventId,
    long? SignalId, string BotName);

internal sealed record DecisionsBody(IReadOnlyList<DecisionBody> Items);

/// <summary>Names the trade that a decision led to.</summary>
internal sealed record DecisionLinkBody(long TradeId);

/// <summary>Tokens without a cost: the server prices them.</summary>
internal sealed record TokensBody(
    DateTimeOffset Timestamp, string ApiName, string OperationType, int ApiCalls, int CacheHits, int CacheMisses, string BotName, string Model,
    int? InputTokens, int? OutputTokens, int? CachedTokens, long? DecisionId);

internal sealed record TokensListBody(IReadOnlyList<TokensBody> Items);

internal sealed record SpikeBody(
    DateTimeOffset Timestamp, string TradingPair, string SpikeType, string Direction, double MagnitudePercent, int TimeframeMinutes,
    double VolumeMultiplier, decimal PriceFrom, decimal PriceTo, double ConfidenceScore, int DetectionLatencyMs, string AgentDetectedBy, string BotName);

internal sealed record SpikeStepBody(
    string Status, string? SkipReason = null, long? TradeId = null, IReadOnlyDictionary<string, double>? ContextAnalysis = null,
    IReadOnlyDictionary<string, double>? RiskAssessment = null);

internal sealed record ArticleBody(
    DateTimeOffset Timestamp, string ArticleUrl, string ArticleTitle, string Sentiment, double Confidence, DateTimeOffset? CacheExpiresAt, string Source,
    DateTimeOffset PublishedAt, IReadOnlyList<string> Assets);

internal sealed record SignalStatusBody(string Status);

/// <param name="Episode">How many trades its figures are of.</param>
internal sealed record CheckpointBody(
    DateTimeOffset Timestamp, string ModelPath, string Version, int Episode, decimal WinRate, string Notes, string BotName);

internal sealed record ModelPriceBody(
    string Model, DateTimeOffset ValidFrom, decimal InputPerMillion, decimal OutputPerMillion, decimal CachedPerMillion, string Note);

/// <summary>The answer with the prices of a model.</summary>
internal sealed record ModelPricesAnswer(IReadOnlyList<KnownModelPrice>? Data);

internal sealed record KnownModelPrice(DateTimeOffset? ValidFrom);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(DecisionsBody))]
[JsonSerializable(typeof(DecisionLinkBody))]
[JsonSerializable(typeof(TokensListBody))]
[JsonSerializable(typeof(SpikeBody))]
[JsonSerializable(typeof(SpikeStepBody))]
[JsonSerializable(typeof(ArticleBody))]
[JsonSerializable(typeof(SignalStatusBody))]
[JsonSerializable(typeof(CheckpointBody))]
[JsonSerializable(typeof(ModelPriceBody))]
[JsonSerializable(typeof(ModelPricesAnswer))]
internal sealed partial class MindJson : JsonSerializerContext;

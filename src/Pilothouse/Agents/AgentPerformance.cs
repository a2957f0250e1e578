using System.Text.Json.Serialization;
using Pilothouse.Contract;
using Pilothouse.Operations;

namespace Pilothouse.Agents;

/// <summary>What a bot says of one of its agents over a period, as it posts it.</summary>
internal record NewAgentPerformance : IInput<NewAgentPerformance>
{
    /// <summary>The end of the period; the time of the request if it is left out.</summary>
    public DateTimeOffset? Timestamp { get; set; }

    public string? AgentName { get; set; }

    /// <summary>daily, weekly or monthly.</summary>
    public string? Period { get; set; }

    public long? TotalDecisions { get; set; }

    public long? CorrectDecisions { get; set; }

    public long? IncorrectDecisions { get; set; }

    /// <summary>The correct ones of those that were correct or incorrect, in percent.</summary>
    public double? AccuracyPercent { get; set; }

    public double? AvgConfidence { get; set; }

    public double? AvgExecutionTimeMs { get; set; }

    public long? TotalSpikesDetected { get; set; }

    public long? TruePositives { get; set; }

    public long? FalsePositives { get; set; }

    public long? FalseNegatives { get; set; }

    public long? CircuitBreakerTriggers { get; set; }

    public long? FalseCircuitBreakerTriggers { get; set; }

    public string? Notes { get; set; }

    public static readonly Choices Periods = new("daily", "weekly", "monthly");

    public static InputRules<NewAgentPerformance> Rules => AgentPerformanceStore.Table.Rules;
}

/// <summary>A stored row of an agent's performance: of a bot, or of the server.</summary>
internal sealed record AgentPerformance : NewAgentPerformance
{
    [JsonPropertyOrder(-1)]
    public long Id { get; set; }

    /// <summary>The begin of the UTC period of a row that the server made; null in rows of others.</summary>
    [JsonPropertyOrder(1)]
    public DateTimeOffset? PeriodStart { get; set; }
}

/// <summary>The answer to a stored row.</summary>
internal sealed record AgentPerformanceStored(bool Success, string Message, long PerformanceId) : WriteAnswer;

/// <summary>The stored rows, newest first, and what is computed from the decisions.</summary>
internal sealed record AgentPerformanceAnswer(
    bool Success, int Count, IReadOnlyList<AgentPerformance> Data, string? NextCursor, ComputedPerformance Computed);

/// <summary>An agent: somebody whose decisions are stored.</summary>
/// <param name="Roles">Its roles, in the order of their names.</param>
/// <param name="Decisions">How many of its decisions are stored.</param>
/// <param name="CostToday">What the uses of outside APIs since 00:00 UTC that name one of its decisions cost, in dollars; 0 if there are none.</param>
/// <param name="LastDecision">Its newest decision.</param>
internal sealed record Agent(string AgentName, IReadOnlyList<string> Roles, long Decisions, decimal? CostToday, Decision? LastDecision);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    Converters = [typeof(MoneyJson), typeof(NumberJson), typeof(WholeJson), typeof(TextJson), typeof(TimeJson)])]
[JsonSerializable(typeof(NewAgentPerformance))]
[JsonSerializable(typeof(BatchOf<NewAgentPerformance>))]
[JsonSerializable(typeof(AgentPerformanceStored))]
[JsonSerializable(typeof(AgentPerformance))]
[JsonSerializable(typeof(Page<Agent>))]
internal sealed partial class AgentJson : JsonSerializerContext;

/// <summary>The figures, whose reasons are told by the names of fields: a converter of texts takes no such names.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    Converters = [typeof(MoneyJson), typeof(NumberJson), typeof(WholeJson), typeof(TimeJson)])]
[JsonSerializable(typeof(AgentPerformanceAnswer))]
internal sealed partial class AgentFiguresJson : JsonSerializerContext;

using System.Text.Json;
using System.Text.Json.Serialization;
using Pilothouse.Contract;
using Pilothouse.Operations;

namespace Pilothouse.Agents;

/// <summary>A decision of an agent as a bot posts it.</summary>
internal record NewDecision : IInput<NewDecision>
{
    /// <summary>When it was made; the time of the request if it is left out.</summary>
    public DateTimeOffset? Timestamp { get; set; }

    public string? AgentName { get; set; }

    /// <summary>What the agent is for, such as analyst or risk_manager.</summary>
    public string? AgentRole { get; set; }

    /// <summary>What was decided about, such as entry, exit or risk_check.</summary>
    public string? DecisionType { get; set; }

    /// <summary>What was decided, such as BUY, skip or approve; <see cref="Stance"/> reads it.</summary>
    public string? Decision { get; set; }

    /// <summary>How sure the agent is, from 0 to 1.</summary>
    public double? Confidence { get; set; }

    public string? Reasoning { get; set; }

    /// <summary>What the agent was given, as an object or a list.</summary>
    [JsonConverter(typeof(StructureJson))]
    public JsonElement? InputData { get; set; }

    /// <summary>What the agent answered, as an object or a list.</summary>
    [JsonConverter(typeof(StructureJson))]
    public JsonElement? OutputData { get; set; }

    public long? ExecutionTimeMs { get; set; }

    /// <summary>The spike that it is about; it must be stored.</summary>
    public long? SpikeEventId { get; set; }

    /// <summary>The event of the circuit breaker that it is about; it must be stored.</summary>
    public long? CircuitBreakerEventId { get; set; }

    /// <summary>The trade that it led to; it must be stored.</summary>
    public long? TradeId { get; set; }

    /// <summary>The signal that it is about; it must be stored.</summary>
    public long? SignalId { get; set; }

    public string? BotName { get; set; }

    public static InputRules<NewDecision> Rules => DecisionStore.Table.Rules;
}

/// <summary>A stored decision. A value of another program that the API would not accept is read as null, and text that is no JSON as text.</summary>
internal record Decision : NewDecision
{
    [JsonPropertyOrder(-1)]
    public long Id { get; set; }
}

/// <summary>The links of a decision that a change may contain.</summary>
[Flags]
internal enum DecisionLink
{
    None = 0,
    Spike = 1,
    Breaker = 2,
    Trade = 4,
    Signal = 8,
}

/// <summary>What became of a decision, which may be known later than the decision. A link that is not sent stays; null clears it.</summary>
internal sealed record DecisionLinks : SentFields<DecisionLink>, IInput<DecisionLinks>
{
    public long? SpikeEventId { get; set => field = Sent(value, DecisionLink.Spike); }

    public long? CircuitBreakerEventId { get; set => field = Sent(value, DecisionLink.Breaker); }

    public long? TradeId { get; set => field = Sent(value, DecisionLink.Trade); }

    public long? SignalId { get; set => field = Sent(value, DecisionLink.Signal); }

    public static InputRules<DecisionLinks> Rules { get; } = new InputRules<DecisionLinks>()
        .Whole("spike_event_id", static links => links.SpikeEventId, least: 1)
        .Whole("circuit_breaker_event_id", static links => links.CircuitBreakerEventId, least: 1)
        .Whole("trade_id", static links => links.TradeId, least: 1)
        .Whole("signal_id", static links => links.SignalId, least: 1)
        .Also("body", static links => links.Fields == DecisionLink.None
            ? "must have trade_id, signal_id, spike_event_id or circuit_breaker_event_id" : null)
        .NoOthers("cannot be changed: a decision is never rewritten, only its links are set: trade_id, signal_id, spike_event_id, circuit_breaker_event_id");
}

/// <summary>The answer to a stored decision.</summary>
internal sealed record DecisionStored(bool Success, string Message, long DecisionId) : WriteAnswer;

/// <summary>The answer to a changed decision, with the decision as it now is.</summary>
internal sealed record DecisionChanged(bool Success, string Message, long DecisionId, Decision Data) : WriteAnswer;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    Converters = [typeof(MoneyJson), typeof(NumberJson), typeof(WholeJson), typeof(TextJson), typeof(TimeJson)])]
[JsonSerializable(typeof(NewDecision))]
[JsonSerializable(typeof(BatchOf<NewDecision>))]
[JsonSerializable(typeof(DecisionLinks))]
[JsonSerializable(typeof(DecisionStored))]
[JsonSerializable(typeof(DecisionChanged))]
[JsonSerializable(typeof(One<Decision>))]
[JsonSerializable(typeof(Page<Decision>))]
internal sealed partial class DecisionJson : JsonSerializerContext;

using System.Text.Json;
using System.Text.Json.Serialization;
using Pilothouse.Contract;
using Pilothouse.Operations;

namespace Pilothouse.Spikes;

/// <summary>A sudden move of a price as a detector posts it.</summary>
internal record NewSpike : IInput<NewSpike>
{
    /// <summary>When it was detected; the time of the request if it is left out.</summary>
    public DateTimeOffset? Timestamp { get; set; }

    public string? TradingPair { get; set; }

    /// <summary>What kind of move it is, such as price or volume.</summary>
    public string? SpikeType { get; set; }

    /// <summary>pump or dump.</summary>
    public string? Direction { get; set; }

    public double? MagnitudePercent { get; set; }

    /// <summary>How long the move took.</summary>
    public long? TimeframeMinutes { get; set; }

    /// <summary>The volume divided by the usual one.</summary>
    public double? VolumeMultiplier { get; set; }

    public decimal? PriceFrom { get; set; }

    public decimal? PriceTo { get; set; }

    /// <summary>How sure the detector is, from 0 to 1.</summary>
    public double? ConfidenceScore { get; set; }

    public long? DetectionLatencyMs { get; set; }

    /// <summary>The detector.</summary>
    public string? AgentDetectedBy { get; set; }

    /// <summary>detected (the default), analyzed, traded or skipped.</summary>
    public string? Status { get; set; }

    /// <summary>Why it was not traded; required where the status is skipped.</summary>
    public string? SkipReason { get; set; }

    /// <summary>What was found out about it, as an object or a list.</summary>
    [JsonConverter(typeof(StructureJson))]
    public JsonElement? ContextAnalysis { get; set; }

    /// <summary>What a trade of it would risk, as an object or a list.</summary>
    [JsonConverter(typeof(StructureJson))]
    public JsonElement? RiskAssessment { get; set; }

    /// <summary>The trade that followed; it must be stored, and the status traded.</summary>
    public long? TradeId { get; set; }

    public string? BotName { get; set; }

    public static readonly Choices Directions = new("pump", "dump");

    public static InputRules<NewSpike> Rules => SpikeStore.Rules;
}

/// <summary>A stored spike. A value of another program that the API would not accept is read as null, and text that is no JSON as text.</summary>
internal sealed record Spike : NewSpike
{
    [JsonPropertyOrder(-1)]
    public long Id { get; set; }

    /// <summary>What came of its trade: profitable, unprofitable, breakeven, or pending while it is open; null without one.</summary>
    [JsonPropertyOrder(1)]
    public string? Outcome { get; set; }

    /// <summary>The pnl of its trade when that is closed, in the settle asset of the trade.</summary>
    [JsonPropertyOrder(1)]
    public decimal? Pnl { get; set; }
}

/// <summary>The answer to a stored spike.</summary>
internal sealed record SpikeStored(bool Success, string Message, long SpikeId) : WriteAnswer;

/// <summary>The answer to a changed spike, with the spike as it now is.</summary>
internal sealed record SpikeChanged(bool Success, string Message, long SpikeId, Spike Data) : WriteAnswer;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    Converters = [typeof(MoneyJson), typeof(NumberJson), typeof(WholeJson), typeof(TextJson), typeof(TimeJson)])]
[JsonSerializable(typeof(NewSpike))]
[JsonSerializable(typeof(BatchOf<NewSpike>))]
[JsonSerializable(typeof(SpikeChange))]
[JsonSerializable(typeof(SpikeStored))]
[JsonSerializable(typeof(SpikeChanged))]
[JsonSerializable(typeof(One<Spike>))]
[JsonSerializable(typeof(Page<Spike>))]
[JsonSerializable(typeof(DetectorsAnswer))]
internal sealed partial class SpikeJson : JsonSerializerContext;

using System.Text.Json;
using System.Text.Json.Serialization;
using Pilothouse.Contract;

namespace Pilothouse.Spikes;

/// <summary>The fields of a spike that a change may contain.</summary>
[Flags]
internal enum SpikeFields
{
    None = 0,
    Status = 1,
    SkipReason = 2,
    TradeId = 4,
    ContextAnalysis = 8,
    RiskAssessment = 16,
}

/// <summary>A step of a spike, or what was found out about it. A field that is not sent stays; null clears it.</summary>
internal sealed record SpikeChange : SentFields<SpikeFields>, IInput<SpikeChange>
{
    /// <summary>analyzed, traded or skipped.</summary>
    public string? Status { get; set => field = Sent(value, SpikeFields.Status); }

    public string? SkipReason { get; set => field = Sent(value, SpikeFields.SkipReason); }

    public long? TradeId { get; set => field = Sent(value, SpikeFields.TradeId); }

    [JsonConverter(typeof(StructureJson))]
    public JsonElement? ContextAnalysis { get; set => field = Sent(value, SpikeFields.ContextAnalysis); }

    [JsonConverter(typeof(StructureJson))]
    public JsonElement? RiskAssessment { get; set => field = Sent(value, SpikeFields.RiskAssessment); }

    public static InputRules<SpikeChange> Rules { get; } = new InputRules<SpikeChange>()
        .OneOf("status", static change => change.Status, SpikeFlow.Statuses)
        .Text("skip_reason", static change => change.SkipReason, longest: SpikeFlow.LongestReason)
        .Whole("trade_id", static change => change.TradeId, least: 1)
        .Structure("context_analysis", static change => change.ContextAnalysis)
        .Structure("risk_assessment", static change => change.RiskAssessment)
        .Also("status", static change => change.Has(SpikeFields.Status) && change.Status is null ? "must not be null" : null)
        .Also("body", static change => change.Fields == SpikeFields.None
            ? "must have status, skip_reason, trade_id, context_analysis or risk_assessment" : null)
        .NoOthers("cannot be changed: what was detected stays; status, skip_reason, trade_id, context_analysis and risk_assessment can be set");
}

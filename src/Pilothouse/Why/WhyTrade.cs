using System.Text.Json.Serialization;
using Pilothouse.Agents;
using Pilothouse.Analysis;
using Pilothouse.Contract;
using Pilothouse.Costs;
using Pilothouse.Signals;
using Pilothouse.Spikes;
using Pilothouse.Trades;

namespace Pilothouse.Why;

/// <summary>Why a trade was made, and what became of it.</summary>
/// <param name="Trade">The trade.</param>
/// <param name="Steps">What led to it and what happened to it, in the order of time.</param>
/// <param name="Result">What came of it.</param>
/// <param name="Missing">What is not known, each with a sentence that says why.</param>
internal sealed record WhyTrade(Trade Trade, IReadOnlyList<WhyStep> Steps, WhyResult Result, IReadOnlyList<WhyGap> Missing);

/// <summary>One step on the way of a trade. It has the field that its kind names.</summary>
/// <param name="Time">When it happened; null if its row has no readable time.</param>
/// <param name="Kind">signal, analysis, decision, spike, cost, entry or exit.</param>
internal sealed record WhyStep(DateTimeOffset? Time, string Kind)
{
    /// <summary>The kinds in the order in which steps of one moment come.</summary>
    public static readonly string[] Kinds = ["spike", "signal", "analysis", "decision", "cost", "entry", "exit"];

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Signal? Signal { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ChartAnalysis? Analysis { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public WhyDecision? Decision { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Spike? Spike { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public WhyCost? Cost { get; init; }

    /// <summary>The fill of an entry or an exit.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Fill? Fill { get; init; }
}

/// <summary>A decision of an agent, and what it cost.</summary>
internal sealed record WhyDecision : Decision
{
    /// <summary>The sum of the known costs that name it, in dollars; null if there is none.</summary>
    [JsonPropertyOrder(1)]
    public decimal? AiCost { get; private set; }

    /// <summary>Sets what it cost.</summary>
    public void SetCost(decimal? sum) => AiCost = sum;
}

/// <summary>What a decision, a signal or an analysis cost.</summary>
internal sealed record WhyCost : ApiCost
{
    /// <summary>Whether its cost is not known because its tokens have no known price.</summary>
    [JsonPropertyOrder(2)]
    public bool Unpriced { get; private set; }

    /// <summary>Returns the same use, whose cost is not known.</summary>
    public WhyCost WithoutPrice() => this with { EstimatedCost = null, Unpriced = true };
}

/// <summary>What came of a trade.</summary>
/// <param name="Status">open, closed or voided.</param>
/// <param name="Pnl">Of a closed trade; null before.</param>
/// <param name="HoldingSeconds">From its entry to its close; null before.</param>
/// <param name="AiCost">The sum of what its decisions, signal and analyses cost, in dollars; null if no known cost names one of them.</param>
/// <param name="UnpricedUses">How many uses have no known cost; they are not in the sum.</param>
/// <param name="PnlAfterAi">The pnl of a closed trade less that.</param>
/// <param name="Currency">That of <paramref name="PnlAfterAi"/>: the settle asset if it counts as a dollar, else the reporting currency; null without one.</param>
internal sealed record WhyResult(
    string? Status, decimal? Pnl, double? HoldingSeconds, decimal? AiCost, long UnpricedUses, decimal? PnlAfterAi, string? Currency);

/// <summary>A trade and what its decisions, signal and analyses cost.</summary>
/// <param name="SettleAsset">The asset of the pnl.</param>
/// <param name="Pnl">Of a closed trade; null before.</param>
/// <param name="AiCost">As in <see cref="WhyResult"/>, as are the three behind it.</param>
internal sealed record TradeAiCost(
    long TradeId, string? TradingPair, string? Side, string? BotName, string? Strategy, long? SignalId, string? Status, DateTimeOffset? ClosedAt, string? SettleAsset,
    decimal? Pnl, decimal? AiCost, long UnpricedUses, decimal? PnlAfterAi, string? Currency);

/// <summary>Something that is not known.</summary>
/// <param name="What">What it is: signal, analysis, decision, spike, cost, exit, prices or pnl_after_ai.</param>
/// <param name="Message">Why it is not known, or how it would be, as a sentence.</param>
internal sealed record WhyGap(string What, string Message);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    Converters = [typeof(MoneyJson), typeof(NumberJson), typeof(WholeJson), typeof(TextJson), typeof(TimeJson)])]
[JsonSerializable(typeof(One<WhyTrade>))]
[JsonSerializable(typeof(Page<TradeAiCost>))]
internal sealed partial class WhyJson : JsonSerializerContext;

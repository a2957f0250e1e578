using System.Text.Json.Serialization;
using Pilothouse.Contract;
using Pilothouse.Operations;

namespace Pilothouse.Costs;

/// <summary>One use of an external API and its cost.</summary>
internal record NewApiCost : IInput<NewApiCost>
{
    /// <summary>When it was used; the time of the request if it is left out.</summary>
    public DateTimeOffset? Timestamp { get; set; }

    public string? ApiName { get; set; }

    /// <summary>What it was used for, such as chart_analysis.</summary>
    public string? OperationType { get; set; }

    public long? ApiCalls { get; set; }

    /// <summary>In dollars. If it is left out and tokens are sent, the price of the model at the time of the use makes it.</summary>
    public decimal? EstimatedCost { get; set; }

    public long? CacheHits { get; set; }

    public long? CacheMisses { get; set; }

    public string? BotName { get; set; }

    public string? Model { get; set; }

    /// <summary>Tokens of the request that were billed at the price of input: without those that the API's own cache served.</summary>
    public long? InputTokens { get; set; }

    public long? OutputTokens { get; set; }

    /// <summary>Tokens of the request that the API's own cache served.</summary>
    public long? CachedTokens { get; set; }

    /// <summary>The decision of an agent for which it was used.</summary>
    public long? DecisionId { get; set; }

    /// <summary>The signal for which it was used.</summary>
    public long? SignalId { get; set; }

    /// <summary>The analysis for which it was used.</summary>
    public long? AnalysisId { get; set; }

    public static InputRules<NewApiCost> Rules => CostStore.Rules;
}

/// <summary>A stored use of an external API. A value that the API would not accept is read as null.</summary>
internal record ApiCost : NewApiCost
{
    [JsonPropertyOrder(-1)]
    public long Id { get; set; }

    /// <summary>Where the cost is from: sent, priced (from the table of prices) or unpriced; null if there were no tokens to price.</summary>
    [JsonPropertyOrder(1)]
    public string? CostSource { get; set; }
}

/// <summary>Uses whose tokens have no known price. Their cost is not known, and no sum counts it as 0.</summary>
/// <param name="Uses">How many there are.</param>
/// <param name="Models">Their models, by name.</param>
internal sealed record UnpricedUses(long Uses, long InputTokens, long OutputTokens, long CachedTokens, IReadOnlyList<string> Models);

/// <summary>The costs of one API for one purpose.</summary>
/// <param name="TotalCost">The sum; null if it does not fit a decimal.</param>
/// <param name="CacheHitRate">Hits in percent of all look-ups; 0 without look-ups.</param>
internal sealed record ApiCostTotal(
    string ApiName, string OperationType, long TotalCalls, decimal? TotalCost, long TotalCacheHits, long TotalCacheMisses, double CacheHitRate);

/// <summary>The answer with the costs of the last hours, by API and purpose.</summary>
/// <param name="Unpriced">What the totals lack, because no price of it is known; left out if they lack nothing.</param>
internal sealed record ApiCostTotals(
    bool Success, int? PeriodHours, IReadOnlyList<ApiCostTotal> Data,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] UnpricedUses? Unpriced = null);

/// <summary>The answer to a stored cost.</summary>
/// <param name="EstimatedCost">What the tokens cost, where the server has priced them.</param>
/// <param name="CostSource">priced or unpriced; left out where the client sent the cost, or no tokens.</param>
internal sealed record ApiCostStored(
    bool Success, string Message, long CostId,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] decimal? EstimatedCost = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? CostSource = null) : WriteAnswer;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    Converters = [typeof(MoneyJson), typeof(NumberJson), typeof(WholeJson), typeof(TextJson), typeof(TimeJson)])]
[JsonSerializable(typeof(NewApiCost))]
[JsonSerializable(typeof(ApiCost))]
[JsonSerializable(typeof(BatchOf<NewApiCost>))]
[JsonSerializable(typeof(ApiCostStored))]
[JsonSerializable(typeof(ApiCostTotals))]
[JsonSerializable(typeof(Page<ApiCost>))]
[JsonSerializable(typeof(NewModelPrice))]
[JsonSerializable(typeof(BatchOf<NewModelPrice>))]
[JsonSerializable(typeof(ModelPriceStored))]
[JsonSerializable(typeof(Page<ModelPrice>))]
internal sealed partial class CostJson : JsonSerializerContext;

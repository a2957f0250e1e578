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

    public decimal? EstimatedCost { get; set; }

    public long? CacheHits { get; set; }

    public long? CacheMisses { get; set; }

    public string? BotName { get; set; }

    public string? Model { get; set; }

    public long? InputTokens { get; set; }

    public long? OutputTokens { get; set; }

    /// <summary>The decision of an agent for which it was used.</summary>
    public long? DecisionId { get; set; }

    public static InputRules<NewApiCost> Rules => CostStore.Rules;
}

/// <summary>A stored use of an external API, as the live stream sends it. A value that the API would not accept is read as null.</summary>
internal sealed record ApiCost : NewApiCost
{
    [JsonPropertyOrder(-1)]
    public long Id { get; set; }
}

/// <summary>The costs of one API for one purpose.</summary>
/// <param name="TotalCost">The sum; null if it does not fit a decimal.</param>
/// <param name="CacheHitRate">Hits in percent of all look-ups; 0 without look-ups.</param>
internal sealed record ApiCostTotal(
    string ApiName, string OperationType, long TotalCalls, decimal? TotalCost, long TotalCacheHits, long TotalCacheMisses, double CacheHitRate);

/// <summary>The answer with the costs of the last hours, by API and purpose.</summary>
internal sealed record ApiCostTotals(bool Success, int? PeriodHours, IReadOnlyList<ApiCostTotal> Data);

/// <summary>The answer to a stored cost.</summary>
internal sealed record ApiCostStored(bool Success, string Message, long CostId) : WriteAnswer;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    Converters = [typeof(MoneyJson), typeof(NumberJson), typeof(WholeJson), typeof(TextJson), typeof(TimeJson)])]
[JsonSerializable(typeof(NewApiCost))]
[JsonSerializable(typeof(ApiCost))]
[JsonSerializable(typeof(BatchOf<NewApiCost>))]
[JsonSerializable(typeof(ApiCostStored))]
[JsonSerializable(typeof(ApiCostTotals))]
internal sealed partial class CostJson : JsonSerializerContext;

using System.Text.Json.Serialization;
using Pilothouse.Contract;
using Pilothouse.Operations;

namespace Pilothouse.Costs;

/// <summary>One use of an external API and its cost.</summary>
internal sealed record NewApiCost : IInput<NewApiCost>
{
    /// <summary>When it was used; the time of the request if it is left out.</summary>
    public DateTimeOffset? Timestamp { get; init; }

    public string? ApiName { get; init; }

    /// <summary>What it was used for, such as chart_analysis.</summary>
    public string? OperationType { get; init; }

    public long? ApiCalls { get; init; }

    public decimal? EstimatedCost { get; init; }

    public long? CacheHits { get; init; }

    public long? CacheMisses { get; init; }

    public string? BotName { get; init; }

    public string? Model { get; init; }

    public long? InputTokens { get; init; }

    public long? OutputTokens { get; init; }

    /// <summary>The decision of an agent for which it was used.</summary>
    public long? DecisionId { get; init; }

    public static InputRules<NewApiCost> Rules => CostStore.Rules;
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
[JsonSerializable(typeof(BatchOf<NewApiCost>))]
[JsonSerializable(typeof(ApiCostStored))]
[JsonSerializable(typeof(ApiCostTotals))]
internal sealed partial class CostJson : JsonSerializerContext;

using System.Text.Json.Serialization;
using Pilothouse.Contract;

namespace Pilothouse.Costs;

/// <summary>What the uses of outside APIs come to.</summary>
/// <param name="Uses">How many records there are.</param>
/// <param name="ApiCalls">The sum of their calls.</param>
/// <param name="Cost">Of the uses whose cost is known, in dollars; null if the sum does not fit a decimal.</param>
/// <param name="CacheHitRate">Hits in percent of all look-ups; null without look-ups.</param>
/// <param name="SavedByCache">Hits × the mean cost of a miss of the same API, purpose and model; null if there are hits and no such mean.</param>
/// <param name="HitsWithoutCost">Hits of which no miss with a known cost tells what they saved.</param>
/// <param name="UnpricedUses">Uses whose cost is not known. They are in no sum of money.</param>
/// <param name="UnpricedTokens">All tokens of these.</param>
internal record CostFigures(
    long Uses, long ApiCalls, decimal? Cost, long InputTokens, long OutputTokens, long CachedTokens, long CacheHits, long CacheMisses, double? CacheHitRate,
    decimal? SavedByCache, long HitsWithoutCost, long UnpricedUses, long UnpricedTokens);

/// <summary>The figures of one part of the whole.</summary>
internal sealed record CostPart : CostFigures
{
    public CostPart(string? name, CostFigures figures)
        : base(figures) => Name = name;

    /// <summary>The day, API, purpose, model, bot or agent; null for the uses that name none.</summary>
    [JsonPropertyOrder(-1)]
    public string? Name { get; init; }
}

/// <summary>The current month (UTC).</summary>
/// <param name="Month">Such as 2026-03.</param>
/// <param name="Spent">The known costs so far.</param>
/// <param name="ElapsedPart">How much of the month has passed, from 0 to 1.</param>
/// <param name="Projection">What the month comes to if it goes on like this: spent ÷ the elapsed part; null before its third day.</param>
internal sealed record CostMonth(string Month, decimal? Spent, double ElapsedPart, decimal? Projection, long UnpricedUses);

/// <summary>What outside APIs cost, split in every way.</summary>
/// <param name="From">The first day (UTC).</param>
/// <param name="To">The last day (UTC).</param>
/// <param name="UnpricedModels">The models whose price is not known.</param>
/// <param name="Undefined">Why a figure is null, by its name.</param>
internal sealed record CostSummary(
    string From, string To, string Currency, CostFigures Total, CostMonth Month, IReadOnlyList<CostPart>? ByDay, IReadOnlyList<CostPart>? ByApi,
    IReadOnlyList<CostPart>? ByOperation, IReadOnlyList<CostPart>? ByModel, IReadOnlyList<CostPart>? ByBot, IReadOnlyList<CostPart>? ByAgent,
    IReadOnlyList<string> UnpricedModels, Dictionary<string, string> Undefined);

/// <summary>What a summary is asked about.</summary>
/// <param name="From">The first day.</param>
/// <param name="To">The last day.</param>
/// <param name="By">The only split that is wanted; null for all.</param>
/// <param name="Limit">The most parts of a split.</param>
internal sealed record CostSummaryQuestion(
    DateOnly From, DateOnly To, string? Api, string? Operation, string? Model, string? Bot, string? Agent, string? By, int Limit)
{
    public static readonly Choices Splits = new("day", "api", "operation", "model", "bot", "agent");

    /// <summary>Whether the sums of a key belong to it. Names of APIs, purposes and models match in any case.</summary>
    public bool Has(CostKey key) => Is(Api, key.Api) && Is(Operation, key.Operation) && Is(Model, key.Model) && (Bot is null || Bot == key.Bot) && (Agent is null || Agent == key.Agent);

    private static bool Is(string? asked, string? name) => asked is null || (name is not null && asked == TradingPair.Lower(name));
}

/// <summary>Apart from <see cref="CostJson"/>, whose converter for texts writes no names of a dictionary.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, Converters = [typeof(MoneyJson), typeof(NumberJson), typeof(WholeJson)])]
[JsonSerializable(typeof(One<CostSummary>))]
internal sealed partial class CostSummaryJson : JsonSerializerContext;

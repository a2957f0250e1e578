using System.Text.Json.Serialization;
using Pilothouse.Contract;
using Pilothouse.Models;

namespace Pilothouse.Scorecard;

/// <summary>What became of signals by one horizon. Shares are in percent.</summary>
/// <param name="Hours">The horizon.</param>
/// <param name="N">How many BUY and SELL signals could be judged.</param>
/// <param name="Right">Of how many the price moved their way.</param>
/// <param name="Unchanged">At how many the price was the same: they were not right.</param>
/// <param name="Unjudged">How many could not be judged, or not yet.</param>
/// <param name="Low">The lower end of Wilson's interval of the hit rate, at 95 %.</param>
/// <param name="High">The upper end.</param>
/// <param name="BaseRate">What signals of the same pairs and directions, given at any full hour, would have had as their hit rate.</param>
/// <param name="BaseN">Over how many hours the base rate is.</param>
/// <param name="Edge">The hit rate less the base rate.</param>
/// <param name="BeatsBase">Whether the whole interval lies above the base rate; null without enough data.</param>
/// <param name="EnoughData">Whether there are at least 30 cases.</param>
internal sealed record HorizonScore(
    int Hours, long N, long Right, long Unchanged, long Unjudged, double? HitRate, double? Low, double? High, double? BaseRate, long BaseN, double? Edge,
    bool? BeatsBase, bool EnoughData);

/// <summary>What trades that followed signals earned in one asset.</summary>
internal sealed record CurrencyResult(string Currency, long Trades, decimal? Pnl);

/// <summary>The closed trades that followed signals.</summary>
/// <param name="WinRate">In percent of all.</param>
/// <param name="Returns">How many have a profit in percent of the margin, which <paramref name="AvgReturn"/> and <paramref name="Sqn"/> are of.</param>
/// <param name="AvgReturn">The mean profit in percent of the margin.</param>
/// <param name="Sqn">√n × mean ÷ sample deviation of the profits in percent.</param>
internal sealed record FollowedTrades(
    long Trades, long Winning, long Losing, long Breakeven, double? WinRate, long Returns, double? AvgReturn, double? Sqn,
    IReadOnlyList<CurrencyResult> ByCurrency);

/// <summary>The signals that have one thing in common.</summary>
/// <param name="Key">What they have in common; null for signals that do not say it.</param>
/// <param name="Signals">How many there are, HOLD among them.</param>
internal sealed record SignalScore(string? Key, long Signals, IReadOnlyList<HorizonScore> Horizons, FollowedTrades Trades);

/// <summary>What a scorecard was made from.</summary>
/// <param name="JudgedAt">What was due later is not judged yet.</param>
internal sealed record ScoreBasis(DateTimeOffset? From, DateTimeOffset? To, DateTimeOffset JudgedAt, double ConfidencePercent);

/// <summary>What became of signals.</summary>
/// <param name="By">By what they are split.</param>
/// <param name="Groups">At most 500 groups.</param>
/// <param name="Others">The signals of further groups together; null if there are none.</param>
/// <param name="Total">All of them.</param>
/// <param name="Undefined">The reason for each figure that is null somewhere.</param>
internal sealed record SignalScorecard(
    string By, IReadOnlyList<SignalScore> Groups, SignalScore? Others, SignalScore Total, Dictionary<string, string> Undefined, ScoreBasis Basis);

/// <summary>The results of a model.</summary>
/// <param name="Model">Its version, which its signals carry.</param>
/// <param name="N">How many closed trades the figure by which models are ranked is of: all that followed its signals, or those with a profit in percent.</param>
/// <param name="Checkpoint">The newest checkpoint of this version; null if none is stored.</param>
internal sealed record ModelResult(string Model, long N, double? WinRate, double? AvgReturn, double? Sqn, SignalScore Score, ModelCheckpoint? Checkpoint);

/// <summary>Models, the best first.</summary>
/// <param name="MinN">Those with a smaller n are left out.</param>
/// <param name="LeftOut">How many are left out: they have too few trades, or not this figure.</param>
internal sealed record BestModels(string By, long MinN, IReadOnlyList<ModelResult> Models, int LeftOut);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    Converters = [typeof(MoneyJson), typeof(NumberJson), typeof(WholeJson), typeof(TimeJson)])]
[JsonSerializable(typeof(One<SignalScorecard>))]
[JsonSerializable(typeof(One<BestModels>))]
internal sealed partial class ScorecardJson : JsonSerializerContext;

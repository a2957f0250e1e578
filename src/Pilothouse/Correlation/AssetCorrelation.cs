using System.Text.Json.Serialization;
using Pilothouse.Api;

namespace Pilothouse.Correlation;

/// <summary>How two assets moved together, as somebody else computed it.</summary>
internal sealed record NewCorrelation : IInput<NewCorrelation>
{
    /// <summary>When it was computed; now, where it is left out.</summary>
    public DateTimeOffset? Timestamp { get; init; }

    public string? Asset1 { get; init; }

    public string? Asset2 { get; init; }

    /// <summary>Pearson's r, from -1 to 1.</summary>
    public double? CorrelationValue { get; init; }

    /// <summary>Over how many days; 7, where it is left out.</summary>
    public long? PeriodDays { get; init; }

    /// <summary>strong, moderate or weak; where it is left out, as docs/metrics.md draws the lines.</summary>
    public string? Strength { get; init; }

    /// <summary>Number of returns behind the value.</summary>
    public long? Samples { get; init; }

    private const int LongestAsset = 20;

    public static readonly Choices Strengths = new("strong", "moderate", "weak");

    public static InputRules<NewCorrelation> Rules { get; } = new InputRules<NewCorrelation>()
        .Record(CorrelationStore.Columns)
        .Text("asset1", static correlation => correlation.Asset1, required: true, longest: LongestAsset)
        .Text("asset2", static correlation => correlation.Asset2, required: true, longest: LongestAsset)
        .Number("correlation_value", static correlation => correlation.CorrelationValue, required: true, least: -1, most: 1)
        .Whole("period_days", static correlation => correlation.PeriodDays, 1, 87_600)
        .OneOf("strength", static correlation => correlation.Strength, Strengths)
        .Whole("samples", static correlation => correlation.Samples, least: 0)
        .Time("timestamp", static correlation => correlation.Timestamp)
        .Also("asset2", static correlation =>
            correlation.Asset1 is { } asset && asset.Equals(correlation.Asset2, StringComparison.OrdinalIgnoreCase) ? "must not be the same as asset1" : null);

    /// <summary>The word for |r|: from 0.7 strong, from 0.4 moderate, else weak.</summary>
    public static string StrengthOf(double value) => Math.Abs(value) switch
    {
        >= 0.7 => "strong",
        >= 0.4 => "moderate",
        _ => "weak",
    };
}

/// <summary>A stored correlation. What another program wrote and we would not accept reads as null.</summary>
internal sealed record AssetCorrelation(
    long Id,
    DateTimeOffset? Timestamp,
    string? Asset1,
    string? Asset2,
    double? CorrelationValue,
    long? PeriodDays,
    string? Strength,
    long? Samples);

/// <summary>The answer to a stored correlation.</summary>
internal sealed record CorrelationStored(bool Success, string Message, long CorrelationId) : WriteAnswer;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    Converters = [typeof(MoneyJson), typeof(NumberJson), typeof(WholeJson), typeof(TextJson), typeof(TimeJson)])]
[JsonSerializable(typeof(NewCorrelation))]
[JsonSerializable(typeof(CorrelationStored))]
[JsonSerializable(typeof(OneOrNone<AssetCorrelation>))]
internal sealed partial class CorrelationJson : JsonSerializerContext;

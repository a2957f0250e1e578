using System.Text.Json.Serialization;
using Pilothouse.Contract;
using Pilothouse.Operations;

namespace Pilothouse.Correlation;

/// <summary>The correlation of two assets, as a client computed it.</summary>
internal record NewCorrelation : IInput<NewCorrelation>
{
    /// <summary>When it was computed; the time of the request if it is left out.</summary>
    public DateTimeOffset? Timestamp { get; set; }

    public string? Asset1 { get; set; }

    public string? Asset2 { get; set; }

    /// <summary>Pearson's r, from -1 to 1.</summary>
    public double? CorrelationValue { get; set; }

    /// <summary>The period in days; 7 if it is left out.</summary>
    public long? PeriodDays { get; set; }

    /// <summary>strong, moderate or weak. If it is left out, it follows from the value (docs/metrics.md).</summary>
    public string? Strength { get; set; }

    /// <summary>Number of returns behind the value.</summary>
    public long? Samples { get; set; }

    public static readonly Choices Strengths = new("strong", "moderate", "weak");

    public static InputRules<NewCorrelation> Rules => CorrelationStore.Rules;

    /// <summary>The word for |r|: from 0.7 strong, from 0.4 moderate, else weak.</summary>
    public static string StrengthOf(double value) => Math.Abs(value) switch
    {
        >= 0.7 => "strong",
        >= 0.4 => "moderate",
        _ => "weak",
    };
}

/// <summary>A stored correlation. A value of another program that the API would not accept is read as null.</summary>
internal sealed record AssetCorrelation : NewCorrelation
{
    [JsonPropertyOrder(-1)]
    public long Id { get; set; }
}

/// <summary>The answer to a stored correlation.</summary>
internal sealed record CorrelationStored(bool Success, string Message, long CorrelationId) : WriteAnswer;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    Converters = [typeof(MoneyJson), typeof(NumberJson), typeof(WholeJson), typeof(TextJson), typeof(TimeJson)])]
[JsonSerializable(typeof(NewCorrelation))]
[JsonSerializable(typeof(BatchOf<NewCorrelation>))]
[JsonSerializable(typeof(CorrelationStored))]
[JsonSerializable(typeof(OneOrNone<AssetCorrelation>))]
[JsonSerializable(typeof(NewComputation))]
[JsonSerializable(typeof(CorrelationsComputed))]
[JsonSerializable(typeof(OneOrNone<CorrelationMatrix>))]
[JsonSerializable(typeof(ComputationRecord))]
[JsonSerializable(typeof(string[]))]
[JsonSerializable(typeof(double?[][]))]
[JsonSerializable(typeof(int[][]))]
internal sealed partial class CorrelationJson : JsonSerializerContext;

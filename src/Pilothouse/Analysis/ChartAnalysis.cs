using System.Text.Json;
using System.Text.Json.Serialization;
using Pilothouse.Contract;
using Pilothouse.Operations;

namespace Pilothouse.Analysis;

/// <summary>An analysis of a chart by a model, or by a bot from its indicators.</summary>
internal record NewChartAnalysis : IInput<NewChartAnalysis>
{
    /// <summary>When the analysis was made; the time of the request if it is left out.</summary>
    public DateTimeOffset? Timestamp { get; set; }

    public string? TradingPair { get; set; }

    public string? Timeframe { get; set; }

    /// <summary>BUY, SELL or HOLD.</summary>
    public string? Recommendation { get; set; }

    /// <summary>low, medium or high; a number is taken for one of these.</summary>
    [JsonConverter(typeof(ConfidenceJson))]
    public string? Confidence { get; set; }

    /// <summary>Text, or a list, which is stored as its JSON text.</summary>
    [JsonConverter(typeof(TextOrListJson))]
    public string? KeyObservations { get; set; }

    /// <inheritdoc cref="KeyObservations"/>
    [JsonConverter(typeof(TextOrListJson))]
    public string? RiskFactors { get; set; }

    /// <summary>The analysis in full.</summary>
    public string? AiAnalysis { get; set; }

    /// <inheritdoc cref="KeyObservations"/>
    [JsonConverter(typeof(TextOrListJson))]
    public string? SupportLevels { get; set; }

    /// <inheritdoc cref="KeyObservations"/>
    [JsonConverter(typeof(TextOrListJson))]
    public string? ResistanceLevels { get; set; }

    public string? ChartImagePath { get; set; }

    public string? BotName { get; set; }

    public string? Model { get; set; }

    /// <summary>The signal that this analysis led to; it must be stored.</summary>
    public long? SignalId { get; set; }

    public static readonly Choices Recommendations = new("BUY", "SELL", "HOLD")
    {
        Also = new Dictionary<string, string> { ["STRONG_BUY"] = "BUY", ["STRONG_SELL"] = "SELL" },
    };

    public static readonly Choices Confidences = new("low", "medium", "high");

    public static InputRules<NewChartAnalysis> Rules => AnalysisStore.Rules;
}

/// <summary>A stored analysis. A value of another program that the API would not accept is read as null.</summary>
internal sealed record ChartAnalysis : NewChartAnalysis
{
    [JsonPropertyOrder(-1)]
    public long Id { get; set; }
}

/// <summary>The answer to a stored analysis.</summary>
internal sealed record ChartAnalysisStored(bool Success, string Message, long AnalysisId) : WriteAnswer;

/// <summary>Text or a list, because clients send both. A list is stored as its JSON text.</summary>
internal sealed class TextOrListJson : JsonConverter<string>
{
    private static readonly TextJson Text = new();

    public override string Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.StartArray)
        {
            using var list = JsonDocument.ParseValue(ref reader);
            return list.RootElement.GetRawText();
        }

        return reader.TokenType == JsonTokenType.String ? Text.Read(ref reader, typeToConvert, options) : throw new JsonException("must be text or a list");
    }

    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => Text.Write(writer, value, options);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    Converters = [typeof(MoneyJson), typeof(NumberJson), typeof(WholeJson), typeof(TextJson), typeof(TimeJson)])]
[JsonSerializable(typeof(NewChartAnalysis))]
[JsonSerializable(typeof(BatchOf<NewChartAnalysis>))]
[JsonSerializable(typeof(ChartAnalysisStored))]
[JsonSerializable(typeof(One<ChartAnalysis>))]
[JsonSerializable(typeof(Page<ChartAnalysis>))]
internal sealed partial class AnalysisJson : JsonSerializerContext;

using System.Text.Json;
using System.Text.Json.Serialization;
using Pilothouse.Api;

namespace Pilothouse.Analysis;

/// <summary>What a model, or a bot's own arithmetic, says of a chart.</summary>
internal sealed record NewChartAnalysis : IInput<NewChartAnalysis>
{
    /// <summary>When the analysis was made; now, where it is left out.</summary>
    public DateTimeOffset? Timestamp { get; init; }

    public string? TradingPair { get; init; }

    public string? Timeframe { get; init; }

    /// <summary>BUY, SELL or HOLD.</summary>
    public string? Recommendation { get; init; }

    /// <summary>low, medium or high.</summary>
    public string? Confidence { get; init; }

    /// <summary>Text, or a list that is kept as its JSON text.</summary>
    [JsonConverter(typeof(TextOrListJson))]
    public string? KeyObservations { get; init; }

    /// <inheritdoc cref="KeyObservations"/>
    [JsonConverter(typeof(TextOrListJson))]
    public string? RiskFactors { get; init; }

    /// <summary>The analysis in full.</summary>
    public string? AiAnalysis { get; init; }

    /// <inheritdoc cref="KeyObservations"/>
    [JsonConverter(typeof(TextOrListJson))]
    public string? SupportLevels { get; init; }

    /// <inheritdoc cref="KeyObservations"/>
    [JsonConverter(typeof(TextOrListJson))]
    public string? ResistanceLevels { get; init; }

    public string? ChartImagePath { get; init; }

    public string? BotName { get; init; }

    public string? Model { get; init; }

    /// <summary>The signal that this analysis led to; it must be stored.</summary>
    public long? SignalId { get; init; }

    /// <summary>What a bot says elsewhere is no misspelling of model.</summary>
    private const string OfOthers = "mode";

    private const int LongestText = 20_000;

    public static readonly Choices Recommendations = new("BUY", "SELL", "HOLD");

    public static readonly Choices Confidences = new("low", "medium", "high");

    public static InputRules<NewChartAnalysis> Rules { get; } = new InputRules<NewChartAnalysis>()
        .Record($"{AnalysisStore.Columns}, {OfOthers}")
        .Pair("trading_pair", static analysis => analysis.TradingPair)
        .Text("timeframe", static analysis => analysis.Timeframe, required: true, longest: 20)
        .OneOf("recommendation", static analysis => analysis.Recommendation, Recommendations, required: true)
        .OneOf("confidence", static analysis => analysis.Confidence, Confidences)
        .Text("key_observations", static analysis => analysis.KeyObservations, longest: LongestText)
        .Text("risk_factors", static analysis => analysis.RiskFactors, longest: LongestText)
        .Text("ai_analysis", static analysis => analysis.AiAnalysis, longest: 100_000)
        .Text("support_levels", static analysis => analysis.SupportLevels, longest: LongestText)
        .Text("resistance_levels", static analysis => analysis.ResistanceLevels, longest: LongestText)
        .Text("chart_image_path", static analysis => analysis.ChartImagePath, longest: LongestText)
        .Text("bot_name", static analysis => analysis.BotName, longest: 100)
        .Text("model", static analysis => analysis.Model, longest: 100)
        .Whole("signal_id", static analysis => analysis.SignalId, least: 1)
        .Time("timestamp", static analysis => analysis.Timestamp);
}

/// <summary>A stored analysis. What another program wrote and we would not accept reads as null.</summary>
internal sealed record ChartAnalysis(
    long Id,
    DateTimeOffset? Timestamp,
    string? TradingPair,
    string? Timeframe,
    string? Recommendation,
    string? Confidence,
    string? KeyObservations,
    string? RiskFactors,
    string? AiAnalysis,
    string? SupportLevels,
    string? ResistanceLevels,
    string? ChartImagePath,
    string? BotName,
    string? Model,
    long? SignalId);

/// <summary>The answer to a stored analysis.</summary>
internal sealed record ChartAnalysisStored(bool Success, string Message, long AnalysisId) : WriteAnswer;

/// <summary>Text, or a list as the seed's clients send it too: its JSON text is what the column holds.</summary>
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
[JsonSerializable(typeof(ChartAnalysisStored))]
[JsonSerializable(typeof(One<ChartAnalysis>))]
[JsonSerializable(typeof(Page<ChartAnalysis>))]
internal sealed partial class AnalysisJson : JsonSerializerContext;

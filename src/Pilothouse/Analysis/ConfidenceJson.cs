using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.OpenApi;
using Pilothouse.Contract;

namespace Pilothouse.Analysis;

/// <summary>
/// A confidence as a word, which is what the column holds and every answer has. Clients of the seed also send a number: a share from 0 to
/// 1 or, above 1, percent up to 100. It is stored as the word that it means: from 0.7 high, from 0.4 medium, else low.
/// </summary>
internal sealed class ConfidenceJson : JsonConverter<string>, IDescribedJson
{
    private static readonly TextJson Text = new();
    private static readonly NumberJson Number = new();

    public override string Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.Number)
        {
            return reader.TokenType == JsonTokenType.String
                ? Text.Read(ref reader, typeToConvert, options)
                : throw new JsonException($"must be one of {NewChartAnalysis.Confidences}, or a number from 0 to 100");
        }

        return Number.Read(ref reader, typeof(double), options) switch
        {
            < 0 or > 100 => throw new JsonException($"must be from 0 to 100 where it is a number, or one of {NewChartAnalysis.Confidences}"),
            > 1 and var percent => WordFor(percent / 100),
            var share => WordFor(share),
        };
    }

    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => Text.Write(writer, value, options);

    public void Describe(OpenApiSchema schema) => schema.Type = JsonSchemaType.String | JsonSchemaType.Null;

    private static string WordFor(double share) => share switch
    {
        >= 0.7 => "high",
        >= 0.4 => "medium",
        _ => "low",
    };
}

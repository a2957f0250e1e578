using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Microsoft.OpenApi;
using Pilothouse.Auth;
using Pilothouse.Contract;

namespace Pilothouse.Keys;

/// <summary>
/// Writes scopes as a list. A request may also send them as one text, separated by commas or spaces, as answers of earlier versions had
/// them and the command line takes them.
/// </summary>
internal sealed class ScopesJson : JsonConverter<IReadOnlyList<string>>, IDescribedJson
{
    private const string Expected = "must be a list, such as [\"read\", \"write\"]";
    private static readonly char[] Between = [',', ' '];
    private static readonly TextJson Text = new();

    /// <summary>Splits a text into scopes.</summary>
    public static string[] Split(string text) => text.Split(Between, StringSplitOptions.RemoveEmptyEntries);

    public override IReadOnlyList<string>? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.String)
        {
            return Split(Text.Read(ref reader, typeof(string), options));
        }

        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw new JsonException(Expected);
        }

        var scopes = new List<string>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            // A null is let through here; the input rules refuse it and name the field.
            scopes.Add(reader.TokenType switch
            {
                JsonTokenType.Null => null!,
                JsonTokenType.String => Text.Read(ref reader, typeof(string), options),
                _ => throw new JsonException(Expected),
            });
        }

        return scopes;
    }

    public override void Write(Utf8JsonWriter writer, IReadOnlyList<string> value, JsonSerializerOptions options)
    {
        writer.WriteStartArray();
        foreach (var scope in value)
        {
            writer.WriteStringValue(scope);
        }

        writer.WriteEndArray();
    }

    public void Describe(OpenApiSchema schema)
    {
        schema.Type = JsonSchemaType.Array;
        schema.Items = new OpenApiSchema
        {
            Type = JsonSchemaType.String,
            Enum = ApiKeys.ScopeNames.All.Select(static scope => (JsonNode)JsonValue.Create(scope)!).ToList(),
        };
    }
}

using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.OpenApi;
using Pilothouse.Contract;

namespace Pilothouse.News;

/// <summary>
/// A list of assets, each in capitals and once, which is stored as its JSON: <c>["BTC","ETH"]</c>. Written as a list; a text of another
/// program that is none is written as text.
/// </summary>
internal sealed class AssetsJson : JsonConverter<string>, IDescribedJson
{
    public const int Most = 20;

    public const int LongestAsset = 20;

    private static readonly TextJson Text = new();

    /// <summary>The assets of a stored list; none where the text is no list.</summary>
    public static IReadOnlyList<string> Of(string? stored)
    {
        if (stored is null || Parse(stored) is not { } json)
        {
            return [];
        }

        using (json)
        {
            return [.. json.RootElement.EnumerateArray().Where(static one => one.ValueKind == JsonValueKind.String)
                .Select(static one => TradingPair.Upper(one.GetString()!)).Distinct(StringComparer.Ordinal)];
        }
    }

    public override string Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw new JsonException("must be a list of assets");
        }

        var assets = new List<string>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.String)
            {
                throw new JsonException("must be a list of assets, each a text such as BTC");
            }

            var asset = Text.Read(ref reader, typeof(string), options);
            if (asset.Length > LongestAsset || TradingPair.Problem(asset) is not null)
            {
                throw new JsonException($"must be a list of assets of 1 to {LongestAsset} printable characters, such as BTC");
            }

            if (TradingPair.Upper(asset) is var upper && !assets.Contains(upper))
            {
                assets.Add(upper);
            }
        }

        return assets.Count <= Most ? JsonText.Of([.. assets], NewsJson.Default.StringArray) : throw new JsonException($"must have at most {Most} assets");
    }

    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options)
    {
        if (Parse(value) is { } json)
        {
            using (json)
            {
                json.RootElement.WriteTo(writer);
            }
        }
        else
        {
            Text.Write(writer, value, options);
        }
    }

    public void Describe(OpenApiSchema schema)
    {
        schema.Type = JsonSchemaType.Array | JsonSchemaType.Null;
        schema.Items = new OpenApiSchema { Type = JsonSchemaType.String, MaxLength = LongestAsset };
    }

    /// <summary>Returns the list; null if the text is none.</summary>
    private static JsonDocument? Parse(string text)
    {
        try
        {
            var json = JsonDocument.Parse(text);
            if (json.RootElement.ValueKind == JsonValueKind.Array)
            {
                return json;
            }

            json.Dispose();
        }
        catch (JsonException)
        {
            // Another program stored a text that is no JSON.
        }

        return null;
    }
}

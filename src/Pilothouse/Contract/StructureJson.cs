using System.Text.Json;
using System.Text.Json.Serialization;

namespace Pilothouse.Contract;

/// <summary>
/// An object or a list of any content. What one of the engines could not hold is refused: a name that is there twice in one object, text
/// with U+0000 or half of a surrogate pair, and a number that no double holds. Written as it is, also where another program stored no JSON.
/// </summary>
internal sealed class StructureJson : JsonConverter<JsonElement>
{
    public override JsonElement Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType is not (JsonTokenType.StartObject or JsonTokenType.StartArray))
        {
            throw new JsonException("must be an object or a list, not its text");
        }

        var json = JsonElement.ParseValue(ref reader);
        Check(json);
        return json;
    }

    public override void Write(Utf8JsonWriter writer, JsonElement value, JsonSerializerOptions options) => value.WriteTo(writer);

    private static void Check(JsonElement json)
    {
        switch (json.ValueKind)
        {
            case JsonValueKind.Object:
                var names = new HashSet<string>(StringComparer.Ordinal);
                foreach (var field in json.EnumerateObject())
                {
                    var name = Checked(field, static field => field.Name);
                    if (!names.Add(name))
                    {
                        throw new JsonException($"has the name {InputNames.Shown(name)} twice");
                    }

                    Check(field.Value);
                }

                break;
            case JsonValueKind.Array:
                foreach (var item in json.EnumerateArray())
                {
                    Check(item);
                }

                break;
            case JsonValueKind.String:
                Checked(json, static json => json.GetString()!);
                break;
            case JsonValueKind.Number:
                if (json.GetRawText().Length > Tokens.Longest || !json.TryGetDouble(out var number) || !double.IsFinite(number))
                {
                    throw new JsonException("has a number that is too large or has too many digits");
                }

                break;
        }
    }

    private static string Checked<T>(T from, Func<T, string> read)
    {
        string text;
        try
        {
            text = read(from);
        }
        catch (InvalidOperationException)
        {
            throw new JsonException("has half of a surrogate pair");
        }

        return text.Contains('\0') ? throw new JsonException("must not contain the character U+0000") : text;
    }
}

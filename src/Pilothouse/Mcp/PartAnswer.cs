using System.Text.Json;

namespace Pilothouse.Mcp;

/// <summary>What an operation of a tool answered.</summary>
internal sealed record PartAnswer(BoundPart Part, JsonElement Json)
{
    /// <summary>Writes the answers of all parts of a tool as the fields of one object.</summary>
    public static void WriteAll(Tool tool, AnswerWriter writer, Utf8JsonWriter json, IReadOnlyList<PartAnswer> answers)
    {
        if (tool.HasAlerts)
        {
            json.WriteStartArray("alerts");
            foreach (var alert in Alerts.Of(answers.ToDictionary(static answer => answer.Part.Declared.As!, static answer => answer.Json.GetProperty("data"))))
            {
                json.WriteStringValue(alert);
            }

            json.WriteEndArray();
        }

        foreach (var answer in answers.Where(static answer => !answer.Part.Declared.IsOnlyForAge))
        {
            answer.Write(writer, json);
        }
    }

    private void Write(AnswerWriter writer, Utf8JsonWriter json)
    {
        var (name, only) = (Part.Declared.As, Part.Declared.Only);
        if (name is null)
        {
            foreach (var field in Json.EnumerateObject().Where(static field => field.Name != "success"))
            {
                writer.WriteField(json, field.Name, field.Value, field.Name == "data" ? only : null);
            }

            return;
        }

        writer.WriteField(json, name, Json.TryGetProperty("data", out var data) ? data : Json, only);
        if (Json.TryGetProperty("next_cursor", out var next) && next.ValueKind == JsonValueKind.String)
        {
            writer.Say($"{name}: only the newest {Json.GetProperty("count").GetRawText()} are shown");
        }
    }
}

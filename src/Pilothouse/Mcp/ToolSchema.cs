using System.Buffers;
using System.Collections;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Pilothouse.Contract;

namespace Pilothouse.Mcp;

/// <summary>The JSON schemas of arguments and answers, made from the declarations of the operations. They are short, because a model reads all of them.</summary>
internal static class ToolSchema
{
    /// <summary>Writes a JSON value.</summary>
    public static JsonElement Write(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            write(writer);
        }

        return JsonElement.Parse(buffer.WrittenSpan);
    }

    /// <summary>The schema of an object.</summary>
    /// <param name="fields">The schema of each field.</param>
    /// <param name="required">The fields that must be there.</param>
    public static JsonElement Object(IEnumerable<KeyValuePair<string, JsonElement>> fields, IReadOnlyCollection<string> required) => Write(writer =>
    {
        writer.WriteStartObject();
        writer.WriteString("type", "object");
        writer.WriteStartObject("properties");
        foreach (var (name, schema) in fields)
        {
            writer.WritePropertyName(name);
            schema.WriteTo(writer);
        }

        writer.WriteEndObject();
        if (required.Count > 0)
        {
            writer.WriteStartArray("required");
            foreach (var name in required)
            {
                writer.WriteStringValue(name);
            }

            writer.WriteEndArray();
        }

        writer.WriteEndObject();
    });

    /// <summary>The schema of a field of one type, with an explanation where there is one.</summary>
    public static JsonElement OfType(string? type, string? explanation = null) => Write(writer => WriteField(writer, type, explanation, static _ => { }));

    /// <summary>The schema of a query parameter.</summary>
    /// <param name="parameter">The parameter.</param>
    /// <param name="standard">Its value if it is left out, where that differs from the parameter's own.</param>
    /// <param name="explanation">What it is, or null.</param>
    public static JsonElement Of(QueryParameter parameter, string? standard, string? explanation) => Write(writer =>
    {
        var type = parameter.Kind switch { QueryKind.Whole => "integer", QueryKind.Money => "number", _ => "string" };
        WriteField(writer, type, explanation, writer =>
        {
            WriteBound(writer, "minimum", parameter.Kind == QueryKind.Whole && parameter.Least > 1 ? parameter.Least : null);
            WriteBound(writer, "exclusiveMinimum", parameter.Kind == QueryKind.Money ? 0 : null);
            WriteBound(writer, "maximum", parameter.Kind == QueryKind.Whole && parameter.Most < int.MaxValue ? parameter.Most : null);
            WriteChoices(writer, parameter.Choices?.All);
            if ((standard ?? parameter.Default) is { } value)
            {
                writer.WritePropertyName("default");
                writer.WriteRawValue(parameter.Kind == QueryKind.Whole ? value : $"\"{value}\"");
            }
        });
    });

    /// <summary>The schema of a field of a body.</summary>
    public static JsonElement Of(JsonPropertyInfo property, FieldRule? rule, string? explanation) => Write(writer =>
        WriteField(writer, rule?.IsStructure == true ? "object" : TypeOf(property.PropertyType), explanation, writer =>
        {
            if (rule is null || IsList(property.PropertyType))
            {
                return;
            }

            WriteBound(writer, "exclusiveMinimum", rule.Above);
            WriteBound(writer, "minimum", rule.Least);
            WriteBound(writer, "maximum", rule.Most);
            WriteChoices(writer, rule.Choices);
        }));

    /// <summary>The name of a type in JSON Schema.</summary>
    public static string? TypeOf(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        return type == typeof(string) || type == typeof(DateTimeOffset) || type.IsEnum ? "string"
            : type == typeof(bool) ? "boolean"
            : type == typeof(long) || type == typeof(int) ? "integer"
            : type == typeof(decimal) || type == typeof(double) ? "number"
            : type == typeof(JsonElement) ? null
            : IsList(type) ? "array"
            : "object";
    }

    private static bool IsList(Type type) => type != typeof(string) && typeof(IEnumerable).IsAssignableFrom(type) && !typeof(IDictionary).IsAssignableFrom(type);

    private static void WriteField(Utf8JsonWriter writer, string? type, string? explanation, Action<Utf8JsonWriter> more)
    {
        writer.WriteStartObject();
        if (type is not null)
        {
            writer.WriteString("type", type);
        }

        more(writer);
        if (explanation is not null)
        {
            writer.WriteString("description", explanation);
        }

        writer.WriteEndObject();
    }

    private static void WriteBound(Utf8JsonWriter writer, string name, double? bound)
    {
        if (bound is { } value)
        {
            writer.WritePropertyName(name);
            writer.WriteRawValue(value.ToString(CultureInfo.InvariantCulture));
        }
    }

    private static void WriteChoices(Utf8JsonWriter writer, IReadOnlyList<string>? choices)
    {
        if (choices is null)
        {
            return;
        }

        writer.WriteStartArray("enum");
        foreach (var choice in choices)
        {
            writer.WriteStringValue(choice);
        }

        writer.WriteEndArray();
    }
}

using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;
using Pilothouse.Contract;
using Pilothouse.Operations;

namespace Pilothouse.Mcp;

/// <summary>The arguments of one call of a tool.</summary>
/// <param name="sent">The arguments as the client sent them; null for none.</param>
internal sealed class ToolArguments(IDictionary<string, JsonElement>? sent)
{
    /// <summary>Arguments with one value.</summary>
    /// <param name="name">The name; null for no arguments.</param>
    /// <param name="value">The value.</param>
    public static ToolArguments With(string? name, string value) => new(name is null ? null : new Dictionary<string, JsonElement> { [name] = TextOf(value) });

    /// <summary>Returns these arguments with only some of them, and others with a fixed value.</summary>
    public ToolArguments Only(IEnumerable<string> names, IEnumerable<(string Name, string Value)> others)
    {
        var arguments = others.ToDictionary(static other => other.Name, static other => TextOf(other.Value));
        foreach (var name in names.Where(Has))
        {
            arguments[name] = sent![name];
        }

        return new(arguments);
    }

    /// <summary>Whether the argument has a value.</summary>
    public bool Has(string name) => Find(name) is not null;

    /// <summary>The argument as a query parameter has it; null if it is not sent.</summary>
    public string? Text(string name) => Find(name) is { } value ? value.ValueKind == JsonValueKind.String ? value.GetString() : value.GetRawText() : null;

    /// <summary>Throws a refusal that names every argument that the tool does not have or that is not one value.</summary>
    public void Check(BoundTool tool)
    {
        List<FieldError>? errors = null;
        foreach (var (name, value) in sent ?? new Dictionary<string, JsonElement>())
        {
            if (!tool.Arguments.ContainsKey(name))
            {
                (errors ??= []).Add(new(InputNames.Shown(name), NearName.Find(name, [.. tool.Arguments.Keys]) is { } meant
                    ? $"is not an argument here; the right name is {meant}"
                    : "is not an argument of this tool"));
            }
            else if (value.ValueKind is JsonValueKind.Array or JsonValueKind.Object)
            {
                (errors ??= []).Add(new(name, "must be one value"));
            }
        }

        if (errors is not null)
        {
            throw Refusal.Invalid(errors);
        }
    }

    /// <summary>
    /// The body of a write: the arguments as they were sent, without those that are no field of it. A write refuses what is wrong itself, in the
    /// same words at each door.
    /// </summary>
    public ReadOnlyMemory<byte> Body(BoundPart part)
    {
        if (part.Operation is WriteOperation { Input: null })
        {
            return default;
        }

        var body = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(body))
        {
            writer.WriteStartObject();
            foreach (var (name, value) in sent ?? new Dictionary<string, JsonElement>())
            {
                if (name != BoundTool.IdempotencyKey && name != part.Declared.Target)
                {
                    writer.WritePropertyName(name);
                    writer.WriteRawValue(JsonMarshal.GetRawUtf8Value(value), skipInputValidation: true);
                }
            }

            writer.WriteEndObject();
        }

        return body.WrittenMemory;
    }

    /// <summary>The Idempotency-Key of a write; null if none was sent.</summary>
    /// <exception cref="Refusal">It is not text.</exception>
    public string? Key() => Find(BoundTool.IdempotencyKey) is not { } key ? null
        : key.ValueKind == JsonValueKind.String ? key.GetString()
        : throw Refusal.Invalid(BoundTool.IdempotencyKey, "must be text");

    /// <summary>The value of the argument that stands in the path.</summary>
    /// <exception cref="Refusal">It is required and was not sent.</exception>
    public string? Target(BoundPart part) => part.Declared.Target is not { } name ? null
        : Text(name) is { Length: > 0 } text ? text
        : throw Refusal.Invalid(name, InputRules.IsRequired);

    private static JsonElement TextOf(string value) => JsonSerializer.SerializeToElement(value, ContractJson.Default.String);

    private JsonElement? Find(string name) =>
        sent is not null && sent.TryGetValue(name, out var value) && value.ValueKind is not (JsonValueKind.Null or JsonValueKind.Undefined) ? value : null;
}

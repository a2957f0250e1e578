using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using ModelContextProtocol;

namespace Pilothouse.Mcp;

/// <summary>JSON that is written already, as a node of a message of the SDK: the bytes go into the message as they are.</summary>
internal sealed class RawJson
{
    /// <summary>
    /// How the SDK writes such a node. A node is written by the form of the options with which the message is written, which are those of the
    /// SDK's own generated context.
    /// </summary>
    private static readonly JsonTypeInfo<RawJson> Form = JsonMetadataServices.CreateValueInfo<RawJson>(
        McpJsonUtilities.DefaultOptions.TypeInfoResolverChain.OfType<JsonSerializerContext>().First().Options, new Converter());

    private readonly ReadOnlyMemory<byte> json;

    private RawJson(ReadOnlyMemory<byte> json) => this.json = json;

    /// <summary>Returns a node of this JSON.</summary>
    /// <param name="json">One value of JSON in UTF-8 on one line, which is not checked.</param>
    public static JsonNode NodeOf(ReadOnlyMemory<byte> json) => JsonValue.Create(new RawJson(json), Form)!;

    private sealed class Converter : JsonConverter<RawJson>
    {
        public override void Write(Utf8JsonWriter writer, RawJson value, JsonSerializerOptions options) => writer.WriteRawValue(value.json.Span, skipInputValidation: true);

        public override RawJson Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => throw new NotSupportedException();
    }
}

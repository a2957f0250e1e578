using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Pilothouse.Contract;

/// <summary>
/// Writes JSON that people can read: quotes in sentences and letters of all languages are not escaped. The escapes that .NET writes by
/// default protect HTML pages with JSON in their markup. Our JSON is never part of a page, and its headers say so (content type, nosniff).
/// </summary>
internal static class JsonText
{
    private const int KeptBytes = 1 << 20;

    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>One buffer per thread. Most answers have a few kilobytes.</summary>
    [ThreadStatic]
    private static (ArrayBufferWriter<byte> Buffer, Utf8JsonWriter Writer)? mine;

    public static byte[] Utf8<T>(T value, JsonTypeInfo<T> type)
    {
        // The buffer is put back only if the work succeeded.
        var (buffer, writer) = mine ?? Make();
        mine = null;
        JsonSerializer.Serialize(writer, value, type);
        writer.Flush();
        var json = buffer.WrittenSpan.ToArray();
        if (buffer.Capacity <= KeptBytes)
        {
            buffer.ResetWrittenCount();
            writer.Reset();
            mine = (buffer, writer);
        }

        return json;
    }

    public static string Of<T>(T value, JsonTypeInfo<T> type) => Encoding.UTF8.GetString(type.Options.WriteIndented ? Indented(value, type) : Utf8(value, type));

    /// <summary>The JSON of a record for the audit log: fields without a value are left out, which makes most records half as long.</summary>
    public static string OfRecord<T>(T record, JsonTypeInfo<T> type) => Of(record, WithoutNulls<T>.Of(type));

    /// <summary>Parses a stored JSON. A text of another program that is not JSON is shown as text.</summary>
    public static JsonElement? Stored(string? json)
    {
        if (json is null)
        {
            return null;
        }

        try
        {
            return JsonElement.Parse(json);
        }
        catch (JsonException)
        {
            return JsonSerializer.SerializeToElement(json, ContractJson.Default.String);
        }
    }

    private static ReadOnlySpan<byte> Indented<T>(T value, JsonTypeInfo<T> type)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var writer = new Utf8JsonWriter(buffer, Readable with { Indented = true });
        JsonSerializer.Serialize(writer, value, type);
        writer.Flush();
        return buffer.WrittenSpan;
    }

    private static (ArrayBufferWriter<byte> Buffer, Utf8JsonWriter Writer) Make()
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        return (buffer, new Utf8JsonWriter(buffer, Readable));
    }

    /// <summary>The form of a type that leaves out nulls. It is made once.</summary>
    private static class WithoutNulls<T>
    {
        private static JsonTypeInfo<T>? form;

        public static JsonTypeInfo<T> Of(JsonTypeInfo<T> type) => form ??= (JsonTypeInfo<T>)new JsonSerializerOptions(type.Options)
        {
            DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
            TypeInfoResolver = type.OriginatingResolver,
        }.GetTypeInfo(typeof(T));
    }
}

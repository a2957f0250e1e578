using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Pilothouse.Contract;

/// <summary>
/// A value as JSON that people can read: quotes in sentences and letters of all languages as they are. The escapes that .NET writes without
/// being told guard pages that hold JSON in their markup; ours is never in one, and says so (nosniff, its content type).
/// </summary>
internal static class JsonText
{
    private const int KeptBytes = 1 << 20;

    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Each thread has one, as most answers have a few kilobytes.</summary>
    [ThreadStatic]
    private static (ArrayBufferWriter<byte> Buffer, Utf8JsonWriter Writer)? mine;

    public static byte[] Utf8<T>(T value, JsonTypeInfo<T> type)
    {
        // Taken, and put back only after it went well.
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
}

using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using Pilothouse.Contract;

namespace Pilothouse.Mcp;

/// <summary>
/// Writes the answers of operations as one answer for a model: fields without a value are left out, long texts and lists are cut where the
/// answer would be too long, and what was left out is said.
/// </summary>
/// <param name="facts">Learns what the answer tells about its data.</param>
/// <param name="sampleField">The field that tells the size of the sample; null if none does.</param>
internal sealed class AnswerWriter(AnswerFacts facts, string? sampleField)
{
    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>How much is shown, step by step until the answer is short enough.</summary>
    private static readonly Detail[] Details = [new(4000, 500), new(600, 100), new(300, 40), new(150, 20), new(100, 10), new(60, 5), new(40, 2)];

    private readonly List<string> leftOut = [];
    private Detail detail;
    private int cutTexts;

    /// <summary>What was left out, in sentences.</summary>
    public IReadOnlyList<string> LeftOut => leftOut;

    /// <summary>Writes the fields of the answer, with less detail until they take at most <paramref name="most"/> bytes.</summary>
    /// <returns>The fields as a JSON object.</returns>
    public ReadOnlyMemory<byte> Write(Action<Utf8JsonWriter> write, int most)
    {
        foreach (var step in Details)
        {
            detail = step;
            cutTexts = 0;
            leftOut.Clear();
            var buffer = new ArrayBufferWriter<byte>(4096);
            using (var writer = new Utf8JsonWriter(buffer, Readable))
            {
                writer.WriteStartObject();
                write(writer);
                writer.WriteEndObject();
            }

            if (buffer.WrittenCount <= most || step == Details[^1])
            {
                if (cutTexts > 0)
                {
                    leftOut.Add($"{cutTexts} texts were cut after {detail.Text} characters");
                }

                return buffer.WrittenMemory;
            }
        }

        throw new InvalidOperationException("The last step writes the answer.");
    }

    /// <summary>Writes a field of the answer.</summary>
    /// <param name="writer">The writer, in an object.</param>
    /// <param name="name">The name of the field.</param>
    /// <param name="value">Its value; one that is null is left out.</param>
    /// <param name="only">The fields of its records that are written; null for all.</param>
    public void WriteField(Utf8JsonWriter writer, string name, JsonElement value, IReadOnlyList<string>? only = null)
    {
        facts.See(name, value, sampleField);
        if (value.ValueKind is JsonValueKind.Null or JsonValueKind.Undefined)
        {
            return;
        }

        writer.WritePropertyName(name);
        WriteValue(writer, name, value, only);
    }

    /// <summary>Says that something was left out.</summary>
    public void Say(string sentence) => leftOut.Add(sentence);

    private void WriteValue(Utf8JsonWriter writer, string path, JsonElement value, IReadOnlyList<string>? only)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (var field in value.EnumerateObject())
                {
                    if (only is null || only.Contains(field.Name))
                    {
                        WriteField(writer, field.Name, field.Value);
                    }
                }

                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                WriteArray(writer, path, value, only);
                break;
            case JsonValueKind.String:
                WriteText(writer, value.GetString()!);
                break;
            default:
                writer.WriteRawValue(JsonMarshal.GetRawUtf8Value(value), skipInputValidation: true);
                break;
        }
    }

    private void WriteArray(Utf8JsonWriter writer, string path, JsonElement value, IReadOnlyList<string>? only)
    {
        var left = detail.Items;
        writer.WriteStartArray();
        foreach (var item in value.EnumerateArray())
        {
            if (left-- == 0)
            {
                leftOut.Add($"{path}: {detail.Items} of {value.GetArrayLength()} are shown");
                break;
            }

            WriteValue(writer, path, item, only);
        }

        writer.WriteEndArray();
    }

    private void WriteText(Utf8JsonWriter writer, string text)
    {
        if (text.Length <= detail.Text)
        {
            writer.WriteStringValue(text);
            return;
        }

        cutTexts++;
        var end = char.IsHighSurrogate(text[detail.Text - 1]) ? detail.Text - 1 : detail.Text;
        writer.WriteStringValue($"{text[..end]}... ({text.Length - end} more characters)");
    }

    /// <param name="Text">The most characters of a text.</param>
    /// <param name="Items">The most items of a list.</param>
    private readonly record struct Detail(int Text, int Items);
}

using System.Buffers;
using System.Text.Json;
using Pilothouse.Storage;

namespace Pilothouse.Contract;

/// <summary>Makes a record as a client would post it. A field without a value is left out.</summary>
internal sealed class RecordBody
{
    private readonly List<(string Name, string? Text, decimal Number, string[]? Texts)> fields = [];

    /// <summary>The amount as it is stored: with the digits of a double.</summary>
    public static decimal Kept(decimal amount) => Exact.ToDecimal(Exact.ToDouble(amount)) ?? amount;

    public RecordBody Add(string name, string? value)
    {
        if (value is not null)
        {
            fields.Add((name, value, 0, null));
        }

        return this;
    }

    public RecordBody Add(string name, decimal? value)
    {
        if (value is { } number)
        {
            fields.Add((name, null, number, null));
        }

        return this;
    }

    /// <summary>Adds a list of texts.</summary>
    public RecordBody Add(string name, string[] values)
    {
        fields.Add((name, null, 0, values));
        return this;
    }

    /// <summary>Adds a time, to the millisecond.</summary>
    public RecordBody Add(string name, DateTimeOffset? value) =>
        Add(name, value is { } time ? Timestamps.ToAnswer(Timestamps.Cut(time).ToUniversalTime()) : null);

    /// <summary>Returns it as JSON in UTF-8.</summary>
    public byte[] Done()
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            foreach (var (name, text, number, texts) in fields)
            {
                writer.WritePropertyName(name);
                if (texts is not null)
                {
                    writer.WriteStartArray();
                    Array.ForEach(texts, writer.WriteStringValue);
                    writer.WriteEndArray();
                }
                else if (text is null)
                {
                    writer.WriteNumberValue(number);
                }
                else
                {
                    writer.WriteStringValue(text);
                }
            }

            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }
}

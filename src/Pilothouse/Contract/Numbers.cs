using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization;
using Pilothouse.Storage;

namespace Pilothouse.Contract;

/// <summary>
/// Reads and writes money in JSON. Reading is strict, because a number that silently changed is money lost. The messages are phrases that
/// follow the name of the field.
/// </summary>
internal sealed class MoneyJson : JsonConverter<decimal>
{
    private const int MostDigits = 28;

    /// <summary>A decimal number with this many digits always survives being stored as a double.</summary>
    private const int SafeDigits = 15;

    private const int MostPlaces = 28;

    public override decimal Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var text = Tokens.Number(ref reader);
        var (digits, isZero) = Tokens.Digits(text);
        if (digits > MostDigits)
        {
            throw new JsonException($"must have at most {MostDigits} digits");
        }

        if (!decimal.TryParse(text, System.Globalization.NumberStyles.Float, System.Globalization.CultureInfo.InvariantCulture, out var value))
        {
            throw new JsonException("is too large");
        }

        if (value == 0 && !isZero)
        {
            throw new JsonException("is too close to zero");
        }

        if (value != 0 && Tokens.DecimalPlaces(text) > MostPlaces)
        {
            throw new JsonException($"cannot be kept exactly: round it to at most {MostPlaces} decimal places");
        }

        // A number with more digits passes if a double holds it exactly, as every Python float of 17 digits does. The database stores a
        // double too.
        return digits <= SafeDigits || Exact.ToDecimal(Exact.ToDouble(value)) == value
            ? value
            : throw new JsonException($"cannot be kept exactly: round it to at most {SafeDigits} digits");
    }

    public override void Write(Utf8JsonWriter writer, decimal value, JsonSerializerOptions options) => writer.WriteNumberValue(value);
}

/// <inheritdoc cref="MoneyJson"/>
internal sealed class NumberJson : JsonConverter<double>
{
    public override double Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var text = Tokens.Number(ref reader);
        var value = double.Parse(text, System.Globalization.NumberStyles.Float, System.Globalization.CultureInfo.InvariantCulture);
        if (!double.IsFinite(value))
        {
            throw new JsonException("is too large");
        }

        return value == 0 && !Tokens.Digits(text).IsZero ? throw new JsonException("is too close to zero") : value;
    }

    public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options) => writer.WriteNumberValue(value);
}

/// <summary>A whole number. 5.0 is accepted.</summary>
internal sealed class WholeJson : JsonConverter<long>
{
    public override long Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.Number)
        {
            throw new JsonException("must be a whole number");
        }

        if (reader.TryGetInt64(out var whole))
        {
            return whole;
        }

        return reader.TryGetDecimal(out var value) && decimal.Truncate(value) == value && value is >= long.MinValue and <= long.MaxValue
            && Tokens.Digits(Tokens.Number(ref reader)).IsZero == (value == 0)
            ? (long)value
            : throw new JsonException("must be a whole number: round it");
    }

    public override void Write(Utf8JsonWriter writer, long value, JsonSerializerOptions options) => writer.WriteNumberValue(value);
}

/// <summary>Text without the character U+0000, which PostgreSQL cannot hold.</summary>
internal sealed class TextJson : JsonConverter<string>
{
    public override string Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.String)
        {
            throw new JsonException("must be text");
        }

        var text = TryGet(ref reader) ?? throw new JsonException("has half of a surrogate pair");
        return text.Contains('\0') ? throw new JsonException("must not contain the character U+0000") : text;
    }

    /// <summary>Returns the text of a string token; null if it contains half of a surrogate pair.</summary>
    public static string? TryGet(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WriteStringValue(value);

    /// <summary>For dictionaries, whose keys are read and written by the converter of their type.</summary>
    public override string ReadAsPropertyName(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        TryGet(ref reader) is { } text && !text.Contains('\0') ? text : throw new JsonException("has a name that is no text");

    /// <inheritdoc cref="ReadAsPropertyName"/>
    public override void WriteAsPropertyName(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WritePropertyName(value);
}

/// <summary>A time: text in a form that <see cref="Timestamps"/> reads, or the seconds or milliseconds since 1970.</summary>
internal sealed class TimeJson : JsonConverter<DateTimeOffset>
{
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.Number)
        {
            return reader.TryGetDecimal(out var number) && EpochTime.Find(number) is { } moment
                ? moment
                : throw new JsonException("must be a time such as 2025-10-07T12:00:00Z, or seconds or milliseconds since 1970");
        }

        return reader.TokenType == JsonTokenType.String && TextJson.TryGet(ref reader) is { } text && Timestamps.TryParse(text, out var time)
            ? time
            : throw new JsonException("must be a time such as 2025-10-07T12:00:00Z");
    }

    /// <summary>Written raw, because the encoder of the writer would escape the + of +00:00.</summary>
    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options)
    {
        Span<char> text = stackalloc char[Timestamps.LongestAnswer + 2];
        text[0] = '"';
        var length = Timestamps.WriteAnswer(value, text[1..]) + 1;
        text[length] = '"';
        writer.WriteRawValue(text[..(length + 1)], skipInputValidation: true);
    }
}

/// <summary>The raw text of a number token.</summary>
internal static class Tokens
{
    /// <summary>The longest number that is read, in characters.</summary>
    public const int Longest = 100;

    public static ReadOnlySpan<byte> Number(scoped ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.Number)
        {
            throw new JsonException("must be a number");
        }

        ReadOnlySpan<byte> text = reader.HasValueSequence ? reader.ValueSequence.ToArray() : reader.ValueSpan;
        return text.Length <= Longest ? text : throw new JsonException("has too many digits");
    }

    /// <summary>
    /// Returns how many decimal places the number needs, without trailing zeros; negative if it ends in zeros before the point.
    /// </summary>
    public static int DecimalPlaces(ReadOnlySpan<byte> number)
    {
        int places = 0, trailing = 0;
        var behind = false;
        for (var i = 0; i < number.Length; i++)
        {
            if (number[i] is (byte)'e' or (byte)'E')
            {
                _ = int.TryParse(
                    number[(i + 1)..], System.Globalization.NumberStyles.AllowLeadingSign, System.Globalization.CultureInfo.InvariantCulture, out var exponent);
                return places - trailing - exponent;
            }

            behind |= number[i] == '.';
            if (char.IsAsciiDigit((char)number[i]))
            {
                places += behind ? 1 : 0;
                trailing = number[i] == '0' ? trailing + 1 : 0;
            }
        }

        return places - trailing;
    }

    /// <summary>Returns the number of significant digits, and whether the number is zero.</summary>
    public static (int Count, bool IsZero) Digits(ReadOnlySpan<byte> number)
    {
        int count = 0, trailing = 0;
        foreach (var c in number)
        {
            if (c is (byte)'e' or (byte)'E')
            {
                break;
            }

            if (char.IsAsciiDigit((char)c) && (count > 0 || c != '0'))
            {
                count++;
                trailing = c == '0' ? trailing + 1 : 0;
            }
        }

        return (count - trailing, count == 0);
    }
}

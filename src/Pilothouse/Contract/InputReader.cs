using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.Unicode;

namespace Pilothouse.Contract;

/// <summary>Reads a body into an input record, or refuses it by name of the field.</summary>
internal static class InputReader
{
    /// <summary>No input has a quarter of it.</summary>
    private const int MostFields = 200;

    /// <summary>The input of type <typeparamref name="T"/>, checked by its rules.</summary>
    /// <param name="ignored">Names in the body that the input does not have and nothing like them; null where there are none.</param>
    public static T Parse<T>(ReadOnlySpan<byte> body, JsonTypeInfo<T> type, DateTimeOffset now, out IReadOnlyList<string>? ignored)
        where T : class, IInput<T>
    {
        var names = InputNames.Of(type);
        var unknown = CheckForm(body, names);
        ignored = unknown is null ? null : names.Ignore(unknown);
        T input;
        try
        {
            input = JsonSerializer.Deserialize(body, type) ?? throw BodyRules.Required();
        }
        catch (JsonException error)
        {
            throw Refusal.Invalid(FieldOf(error.Path), SentenceOf(error));
        }

        T.Rules.Check(input, now);
        return input;
    }

    /// <summary>A reader of a body that is one object, behind its opening brace.</summary>
    public static Utf8JsonReader Begin(ReadOnlySpan<byte> body)
    {
        if (!Utf8.IsValid(body))
        {
            throw NotJson("The body is not valid UTF-8.");
        }

        var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = 32 });
        try
        {
            reader.Read();
        }
        catch (JsonException error)
        {
            throw NotJson(error);
        }

        return reader.TokenType switch
        {
            JsonTokenType.Null => throw BodyRules.Required(),
            JsonTokenType.StartObject => reader,
            _ => throw NotJson("The body must be a JSON object."),
        };
    }

    /// <summary>Refuses what is not one well-formed object.</summary>
    public static void DemandForm(ReadOnlySpan<byte> body) => CheckForm(body, InputNames.None);

    /// <summary>A name whose escapes are no text.</summary>
    public static Refusal HalfPair() => NotJson("A name in the body has half of a surrogate pair.");

    public static Refusal NotJson(JsonException error) => NotJson($"The body is not valid JSON near line {error.LineNumber + 1}, byte {error.BytePositionInLine + 1}.");

    private static Refusal NotJson(string message) => new(400, ErrorCodes.InvalidJson, "Invalid JSON", message);

    /// <summary>One object, well formed, without a name twice: which of the two would count?</summary>
    /// <returns>Names that are not <paramref name="known"/>, or null.</returns>
    private static List<string>? CheckForm(ReadOnlySpan<byte> body, InputNames known)
    {
        List<string>? unknown = null;
        var field = 0..0;
        var reader = Begin(body);
        try
        {
            var names = new NameSet(stackalloc ulong[MostFields]);
            while (reader.Read())
            {
                if (reader.TokenType != JsonTokenType.PropertyName || reader.CurrentDepth != 1)
                {
                    continue;
                }

                field = (int)reader.TokenStartIndex..(int)reader.BytesConsumed;
                var name = reader.ValueIsEscaped ? Encoding.UTF8.GetBytes(reader.GetString()!) : reader.ValueSpan;
                var hash = InputNames.Hash(name);
                if (!names.Add(hash))
                {
                    throw Refusal.Invalid(reader.GetString()!, "is there twice");
                }

                if (!known.Has(hash))
                {
                    (unknown ??= []).Add(reader.GetString()!);
                }
            }

            return unknown;
        }
        catch (JsonException error)
        {
            if (!field.Equals(0..0) && WordForNoNumber(body[field.End..]) is { } word)
            {
                var name = Encoding.UTF8.GetString(body[field]).Trim(' ', '\t', '\r', '\n', ':').Trim('"');
                throw Refusal.Invalid(InputNames.Shown(name), $"is {word}, which is no number in JSON: send null, or leave it out");
            }

            throw NotJson(error);
        }
        catch (InvalidOperationException)
        {
            throw HalfPair();
        }
    }

    /// <summary>Python writes floats that are no numbers as words, which are not JSON.</summary>
    /// <param name="value">What follows a field's name.</param>
    private static string? WordForNoNumber(ReadOnlySpan<byte> value)
    {
        value = value.TrimStart(" \t\r\n:"u8);
        return value.StartsWith("NaN"u8) ? "NaN" : value.StartsWith("Infinity"u8) ? "Infinity" : value.StartsWith("-Infinity"u8) ? "-Infinity" : null;
    }

    private static string FieldOf(string? path) =>
        path is null or "$" ? "body" : path.StartsWith("$.", StringComparison.Ordinal) ? path[2..] : path;

    /// <summary>Our converters' phrases; what the serializer itself says names types of ours.</summary>
    private static string SentenceOf(JsonException error)
    {
        var message = error.Message;
        var end = message.IndexOf(" Path: ", StringComparison.Ordinal);
        message = end < 0 ? message : message[..end];
        return message.StartsWith("must ", StringComparison.Ordinal) || message.StartsWith("is ", StringComparison.Ordinal) || message.StartsWith("has ", StringComparison.Ordinal)
            ? message
            : "has a value of the wrong type";
    }

    /// <summary>The names of one object by their hashes. It is a list: names that were chosen to have hashes alike gain nothing by it.</summary>
    private ref struct NameSet(Span<ulong> names)
    {
        private readonly Span<ulong> names = names;
        private int count;

        /// <summary>False if it is there already.</summary>
        public bool Add(ulong name)
        {
            if (names[..count].Contains(name))
            {
                return false;
            }

            if (count == names.Length)
            {
                throw Refusal.Invalid("body", $"must have at most {MostFields} fields");
            }

            names[count++] = name;
            return true;
        }
    }
}

using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.Unicode;

namespace Pilothouse.Contract;

/// <summary>Reads a body into an input record, or throws a refusal that names the wrong field.</summary>
internal static class InputReader
{
    /// <summary>The most fields of a body. No input has a quarter as many.</summary>
    private const int MostFields = 200;

    /// <summary>Returns the input of type <typeparamref name="T"/>, checked by its rules.</summary>
    /// <param name="ignored">Names in the body that the input does not have; null if there are none.</param>
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

    /// <summary>Returns a reader that stands behind the opening brace of the body.</summary>
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

    /// <summary>Throws a refusal unless the body is one well-formed JSON object.</summary>
    public static void DemandForm(ReadOnlySpan<byte> body) => CheckForm(body, InputNames.None);

    /// <summary>The refusal of a field name with escapes that are not valid text.</summary>
    public static Refusal HalfPair() => NotJson("A name in the body has half of a surrogate pair.");

    public static Refusal NotJson(JsonException error) => NotJson($"The body is not valid JSON near line {error.LineNumber + 1}, byte {error.BytePositionInLine + 1}.");

    private static Refusal NotJson(string message) => new(400, ErrorCodes.InvalidJson, "Invalid JSON", message);

    /// <summary>
    /// Checks that the body is one well-formed object in which no name occurs twice, as it would be unclear which value counts.
    /// </summary>
    /// <returns>The names that are not <paramref name="known"/>, or null.</returns>
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

    /// <summary>
    /// Returns the word (NaN, Infinity, -Infinity) if the value is one. Python's json module writes such floats like this, but they are not
    /// JSON.
    /// </summary>
    /// <param name="value">What follows a field's name.</param>
    private static string? WordForNoNumber(ReadOnlySpan<byte> value)
    {
        value = value.TrimStart(" \t\r\n:"u8);
        return value.StartsWith("NaN"u8) ? "NaN" : value.StartsWith("Infinity"u8) ? "Infinity" : value.StartsWith("-Infinity"u8) ? "-Infinity" : null;
    }

    private static string FieldOf(string? path) =>
        path is null or "$" ? "body" : path.StartsWith("$.", StringComparison.Ordinal) ? path[2..] : path;

    /// <summary>
    /// Returns the phrase of our own converters, which goes on after the field's name and so begins with a small letter. The serializer's own
    /// messages are whole sentences, and are replaced, because they name our types.
    /// </summary>
    private static string SentenceOf(JsonException error)
    {
        var message = error.Message;
        var end = message.IndexOf(" Path: ", StringComparison.Ordinal);
        message = end < 0 ? message : message[..end];
        return message.Length > 0 && char.IsAsciiLetterLower(message[0]) ? message : "has a value of the wrong type";
    }

    /// <summary>
    /// The names of one object by their hashes. It is a plain list, so names that were chosen to have colliding hashes do not slow it down.
    /// </summary>
    private ref struct NameSet(Span<ulong> names)
    {
        private readonly Span<ulong> names = names;
        private int count;

        /// <summary>Returns false if the name is in the set already.</summary>
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

using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.Unicode;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace Pilothouse.Api;

/// <summary>Reads a request's body into an input record, or refuses it by name of the field.</summary>
internal static class InputReader
{
    public const int LargestBody = 1024 * 1024;

    /// <summary>No input has a quarter of it.</summary>
    private const int MostFields = 200;

    /// <summary>.NET and Windows write it before text in UTF-8; it is no part of the JSON.</summary>
    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    /// <summary>The raw bytes, of one JSON object in UTF-8.</summary>
    public static async ValueTask<ReadOnlyMemory<byte>> ReadBodyAsync(HttpContext http, int largest = LargestBody)
    {
        var request = http.Request;
        if (request.ContentLength > largest)
        {
            throw TooLarge(largest);
        }

        if (request.ContentLength is 0 || http.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: false })
        {
            throw Required();
        }

        if (!request.HasJsonContentType())
        {
            throw new Refusal(415, ErrorCodes.UnsupportedMediaType, "Unsupported media type", "Send the body as JSON, with Content-Type: application/json.");
        }

        ReadOnlyMemory<byte> bytes = await ReadAllAsync(request, largest, http.RequestAborted);
        bytes = bytes.Span.StartsWith(ByteOrderMark) ? bytes[ByteOrderMark.Length..] : bytes;
        return bytes.Length == 0 ? throw Required() : bytes;
    }

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
            input = JsonSerializer.Deserialize(body, type) ?? throw Required();
        }
        catch (JsonException error)
        {
            throw Refusal.Invalid(FieldOf(error.Path), SentenceOf(error));
        }

        T.Rules.Check(input, now);
        return input;
    }

    public static Refusal TooLarge(int largest = LargestBody) => new(413, ErrorCodes.BodyTooLarge, "Request body too large", largest == LargestBody ? "Send at most 1 MB." : $"Send at most {largest / 1024} KB.");

    private static Refusal Required() => new(400, ErrorCodes.BodyRequired, "Request body is required", "Send a JSON object.");

    private static Refusal NotJson(string message) => new(400, ErrorCodes.InvalidJson, "Invalid JSON", message);

    /// <summary>
    /// A chunk whose size is no number that fits is no fault of ours: the web server has no better word for it than IOException. Nor has it for a
    /// client that went away or reset its stream; that one may come before the request counts as aborted, and from each call.
    /// </summary>
    private static async ValueTask<byte[]> ReadAllAsync(HttpRequest request, int largest, CancellationToken cancel)
    {
        try
        {
            return await ReadAllAsync(request.BodyReader, largest, cancel);
        }
        catch (IOException error) when (error.InnerException is OverflowException)
        {
            throw new Refusal(400, ErrorCodes.BadRequest, "Bad request", "The request could not be read to its end.");
        }
        catch (IOException error) when (error is not BadHttpRequestException)
        {
            throw new ConnectionResetException("The client went away while its body was read.", error);
        }
    }

    private static async ValueTask<byte[]> ReadAllAsync(PipeReader reader, int largest, CancellationToken cancel)
    {
        while (true)
        {
            var read = await reader.ReadAsync(cancel);
            if (read.Buffer.Length > largest)
            {
                reader.AdvanceTo(read.Buffer.End);
                throw TooLarge(largest);
            }

            if (read.IsCompleted)
            {
                var bytes = read.Buffer.ToArray();
                reader.AdvanceTo(read.Buffer.End);
                return bytes;
            }

            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    /// <summary>One object, well formed, without a name twice: which of the two would count?</summary>
    /// <returns>Names that are not <paramref name="known"/>, or null.</returns>
    private static List<string>? CheckForm(ReadOnlySpan<byte> body, InputNames known)
    {
        if (!Utf8.IsValid(body))
        {
            throw NotJson("The body is not valid UTF-8.");
        }

        List<string>? unknown = null;
        var field = 0..0;
        var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = 32 });
        try
        {
            var names = new NameSet(stackalloc ulong[MostFields]);
            reader.Read();
            if (reader.TokenType == JsonTokenType.Null)
            {
                throw Required();
            }

            if (reader.TokenType != JsonTokenType.StartObject)
            {
                throw NotJson("The body must be a JSON object.");
            }

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

            throw NotJson($"The body is not valid JSON near line {error.LineNumber + 1}, byte {error.BytePositionInLine + 1}.");
        }
        catch (InvalidOperationException)
        {
            throw NotJson("A name in the body has half of a surrogate pair.");
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

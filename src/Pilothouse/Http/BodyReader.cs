using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using Pilothouse.Contract;

namespace Pilothouse.Http;

/// <summary>Reads the bytes of a request's body.</summary>
internal static class BodyReader
{
    /// <summary>Has the routes leave it to this class which bodies are read: theirs would only take what they list.</summary>
    public const string AnyType = "*/*";

    /// <summary>What a message may be besides JSON.</summary>
    private static readonly string[] MessageTypes = ["text/plain", "application/x-www-form-urlencoded", ""];

    /// <summary>The byte order mark that .NET and Windows write before text in UTF-8. It is not part of the JSON.</summary>
    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    /// <summary>Returns the raw bytes of the body, which should be one JSON object in UTF-8.</summary>
    public static ValueTask<ReadOnlyMemory<byte>> ReadAsync(HttpContext http, int largest) =>
        ReadAsync(http, largest, static request => request.HasJsonContentType() ? null : "Send the body as JSON, with Content-Type: application/json.");

    /// <summary>Returns the raw bytes of a message of another program: JSON, text, a form, or what has no Content-Type.</summary>
    public static ValueTask<ReadOnlyMemory<byte>> ReadMessageAsync(HttpContext http, int largest) => ReadAsync(http, largest, static request =>
        request.HasJsonContentType() || Array.Exists(MessageTypes, type => IsOf(request.ContentType, type)) ? null : "Send the message as JSON, as text/plain, or as a form.");

    private static bool IsOf(string? contentType, string type) => (contentType ?? "").Split(';')[0].Trim().Equals(type, StringComparison.OrdinalIgnoreCase);

    /// <param name="http">The request.</param>
    /// <param name="largest">How many bytes the body may have.</param>
    /// <param name="problem">Returns what to do about the Content-Type, as a sentence; null if it is good.</param>
    private static async ValueTask<ReadOnlyMemory<byte>> ReadAsync(HttpContext http, int largest, Func<HttpRequest, string?> problem)
    {
        var request = http.Request;
        if (request.ContentLength > largest)
        {
            throw BodyRules.TooLarge(largest);
        }

        if (request.ContentLength is 0 || http.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: false })
        {
            throw BodyRules.Required();
        }

        if (problem(request) is { } todo)
        {
            throw new Refusal(415, ErrorCodes.UnsupportedMediaType, "Unsupported media type", todo);
        }

        ReadOnlyMemory<byte> bytes = await ReadAllAsync(request, largest, http.RequestAborted);
        bytes = bytes.Span.StartsWith(ByteOrderMark) ? bytes[ByteOrderMark.Length..] : bytes;
        return bytes.Length == 0 ? throw BodyRules.Required() : bytes;
    }

    /// <summary>
    /// Reads the whole body. The web server reports two faults of the client as a bare IOException: a chunk whose size is not a valid
    /// number, and a client that went away or reset its stream. The second one can surface from any read, and before RequestAborted is set.
    /// Neither is a fault of this server.
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
                throw BodyRules.TooLarge(largest);
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
}

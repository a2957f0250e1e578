using Microsoft.AspNetCore.ResponseCompression;
using Microsoft.Extensions.Primitives;
using Pilothouse.Contract;

namespace Pilothouse.Http;

/// <summary>
/// Metadata for routes whose answers may hold a secret. Their answers are never compressed: if an attacker controls part of an answer, the
/// length of the compressed answer tells him whether his text matches the secret (the BREACH attack).
/// </summary>
internal sealed record HoldsSecret;

/// <summary>
/// Compresses answers above one kilobyte with Brotli or gzip, if the client accepts that. JSON is compressed where it is written, in one
/// piece, so that small answers cost nothing extra; an answer that is kept is compressed once. Streams are not compressed.
/// </summary>
internal static class Compression
{
    /// <summary>The smallest answer that is compressed, in bytes. A smaller one fits into one packet anyway.</summary>
    private const int Least = 1024;

    public static void AddCompression(this IServiceCollection services) => services.AddResponseCompression(static options =>
    {
        // Compression over HTTPS is safe here, because routes that hold a secret are never compressed (HoldsSecret).
        options.EnableForHttps = true;
        options.MimeTypes = [.. ResponseCompressionDefaults.MimeTypes, "application/openmetrics-text"];
    });

    /// <summary>Compresses the answers of a route that a library writes.</summary>
    public static IEndpointConventionBuilder Compressed(this IEndpointConventionBuilder route, IServiceProvider services)
    {
        route.Add(endpoint =>
        {
            if (endpoint.RequestDelegate is { } answer)
            {
                var providers = services.GetRequiredService<IResponseCompressionProvider>();
                endpoint.RequestDelegate = new ResponseCompressionMiddleware(answer, providers).Invoke;
            }
        });
        return route;
    }

    /// <summary>Returns the answer as this client accepts it, compressed or not, and sets the headers that say so.</summary>
    public static ReadOnlyMemory<byte> Apply(HttpContext http, ReadOnlyMemory<byte> answer) =>
        WayFor(http, answer.Length) is { } way ? Pack(way, answer.Span) : answer;

    /// <inheritdoc cref="Apply(HttpContext, ReadOnlyMemory{byte})"/>
    public static ReadOnlyMemory<byte> Apply(HttpContext http, KeptBytes answer) =>
        WayFor(http, answer.Plain.Length) is { } way ? answer.Packed(way.EncodingName, plain => Pack(way, plain)) : answer.Plain;

    /// <summary>The best compression that this client accepts; null if the answer is sent as it is.</summary>
    private static ICompressionProvider? WayFor(HttpContext http, int length)
    {
        if (length <= Least || http.GetEndpoint()?.Metadata.GetMetadata<HoldsSecret>() is not null)
        {
            return null;
        }

        http.Response.Headers.Vary = StringValues.Concat(http.Response.Headers.Vary, "Accept-Encoding");
        if (http.Request.Headers.AcceptEncoding.Count == 0
            || http.RequestServices.GetRequiredService<IResponseCompressionProvider>().GetCompressionProvider(http) is not { } way)
        {
            return null;
        }

        http.Response.Headers.ContentEncoding = way.EncodingName;
        return way;
    }

    private static byte[] Pack(ICompressionProvider way, ReadOnlySpan<byte> answer)
    {
        using var packed = new MemoryStream(answer.Length / 4);
        using (var stream = way.CreateStream(packed))
        {
            stream.Write(answer);
        }

        return packed.ToArray();
    }
}

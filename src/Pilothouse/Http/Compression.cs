using Microsoft.AspNetCore.ResponseCompression;
using Microsoft.Extensions.Primitives;
using Pilothouse.Contract;

namespace Pilothouse.Http;

/// <summary>
/// Metadata: answers of the route may hold a secret. They are never compressed: beside text that a stranger chooses, the length of a
/// compressed answer would tell him what the secret has in common with it (BREACH).
/// </summary>
internal sealed record HoldsSecret;

/// <summary>
/// Brotli and gzip for answers of more than a kilobyte, where the client takes them. JSON is compressed where it is written, in one
/// piece, so that small answers pay nothing for it, and kept answers are compressed once. Streams do not come through here.
/// </summary>
internal static class Compression
{
    /// <summary>What is smaller fits into one packet anyway.</summary>
    private const int Least = 1024;

    public static void AddCompression(this IServiceCollection services) => services.AddResponseCompression(static options =>
    {
        // Over https too: what it would endanger is left out above.
        options.EnableForHttps = true;
        options.MimeTypes = [.. ResponseCompressionDefaults.MimeTypes, "application/openmetrics-text"];
    });

    /// <summary>For routes whose answers a library writes.</summary>
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

    /// <summary>The answer as it is sent to this client, with the headers that say so.</summary>
    public static ReadOnlyMemory<byte> Apply(HttpContext http, ReadOnlyMemory<byte> answer) =>
        WayFor(http, answer.Length) is { } way ? Pack(way, answer.Span) : answer;

    /// <inheritdoc cref="Apply(HttpContext, ReadOnlyMemory{byte})"/>
    public static ReadOnlyMemory<byte> Apply(HttpContext http, KeptBytes answer) =>
        WayFor(http, answer.Plain.Length) is { } way ? answer.Packed(way.EncodingName, plain => Pack(way, plain)) : answer.Plain;

    /// <summary>How this client takes it; null for as it is.</summary>
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

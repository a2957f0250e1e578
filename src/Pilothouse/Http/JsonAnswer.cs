using System.Text.Json.Serialization.Metadata;
using Pilothouse.Auth;
using Pilothouse.Contract;

namespace Pilothouse.Http;

/// <summary>Writes JSON answers, and ends a request whose client does not read its answer.</summary>
internal static class JsonAnswer
{
    /// <summary>
    /// The slowest rate at which a client may read. The limit for connections has the same value, but does not see a single HTTP/2 stream
    /// that stalls while others of its connection run.
    /// </summary>
    private const double SlowestBytesPerSecond = 4096;

    /// <summary>
    /// An answer larger than this many bytes is written in pieces, each after the client has read the one before. Written at once, the web
    /// server would copy all of it into its own memory and give the client the time for all of it at the slowest rate.
    /// </summary>
    private const int Piece = 32 * 1024;

    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    /// <summary>Writes <paramref name="value"/> with the status that is set on the response.</summary>
    public static Task WriteAsync<T>(HttpContext http, T value, JsonTypeInfo<T> type) => WriteAsync(http, JsonText.Utf8(value, type));

    public static Task WriteAsync(HttpContext http, ReadOnlyMemory<byte> json) => SendAsync(http, Compression.Apply(http, json));

    /// <summary>Writes an answer that is kept and given more than once.</summary>
    public static Task WriteAsync(HttpContext http, KeptBytes json) => SendAsync(http, Compression.Apply(http, json));

    private static Task SendAsync(HttpContext http, ReadOnlyMemory<byte> json)
    {
        if (http.Request.Method != "HEAD" && json.Length > Piece)
        {
            return WriteLargeAsync(http, json);
        }

        SetHeaders(http, json.Length);
        if (http.Request.Method == "HEAD")
        {
            return Task.CompletedTask;
        }

        var write = http.Response.Body.WriteAsync(json, http.RequestAborted);
        return write.IsCompleted ? write.AsTask() : FinishAsync(http, write, json.Length);
    }

    private static async Task WriteLargeAsync(HttpContext http, ReadOnlyMemory<byte> json)
    {
        using var held = http.RequestServices.GetRequiredService<UnreadAnswers>().Hold(Caller.Of(http), json, mustBeTold: http.Request.Method != "GET");
        SetHeaders(http, json.Length);
        await WritePiecesAsync(http, json);
    }

    /// <summary>Writes a part of an answer, each piece after the client has read the one before.</summary>
    public static async Task WritePiecesAsync(HttpContext http, ReadOnlyMemory<byte> part)
    {
        for (var start = 0; start < part.Length; start += Piece)
        {
            var piece = part.Slice(start, Math.Min(Piece, part.Length - start));
            var write = http.Response.Body.WriteAsync(piece, http.RequestAborted);
            await (write.IsCompleted ? write.AsTask() : FinishAsync(http, write, piece.Length));
        }
    }

    private static void SetHeaders(HttpContext http, int length)
    {
        http.Response.ContentType = "application/json; charset=utf-8";
        http.Response.ContentLength = length;
    }

    /// <summary>Waits for the write, and ends the request if the client reads more slowly than the slowest allowed rate.</summary>
    private static async Task FinishAsync(HttpContext http, ValueTask write, int length)
    {
        using var deadline = new CancellationTokenSource(Grace + TimeSpan.FromSeconds(length / SlowestBytesPerSecond), http.RequestServices.GetRequiredService<TimeProvider>());
        using var end = deadline.Token.UnsafeRegister(static http => ((HttpContext)http!).Abort(), http);
        await write;
    }
}

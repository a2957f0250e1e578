using Microsoft.Net.Http.Headers;

namespace Pilothouse.Http;

/// <summary>Answers with files that are kept compressed in the program.</summary>
internal static class PackedFiles
{
    /// <summary>Whether this client takes answers that are compressed in this way, such as gzip.</summary>
    public static bool IsTaken(HttpContext http, string way) =>
        StringWithQualityHeaderValue.TryParseList(http.Request.Headers.AcceptEncoding, out var accepted) && accepted.Any(one => one.Value == way && one.Quality != 0);

    /// <summary>Sends the content of a file; to HEAD its headers alone.</summary>
    public static Task SendAsync(HttpContext http, Stream file) =>
        HttpMethods.IsHead(http.Request.Method) ? Task.CompletedTask : file.CopyToAsync(http.Response.Body, http.RequestAborted);
}

using Microsoft.Net.Http.Headers;
using Pilothouse.Operations;

namespace Pilothouse.Http;

/// <summary>Answers a list as CSV, in parts, so that it takes the same memory for ten rows and for ten million.</summary>
internal static class CsvAnswer
{
    public const string ContentType = "text/csv";

    /// <summary>Whether the request asks for CSV: by the parameter format, else by an Accept header that names text/csv and likes nothing more.</summary>
    public static bool IsAsked(HttpContext http)
    {
        var format = http.Request.Query[CsvExport.Format.Name];
        if (format.Count > 0)
        {
            return format.Count == 1 && "csv".Equals(format[0], StringComparison.OrdinalIgnoreCase);
        }

        if (http.Request.Headers.Accept.Count == 0 || !MediaTypeHeaderValue.TryParseList(http.Request.Headers.Accept, out var accepted))
        {
            return false;
        }

        double? LikedAs(string form) => accepted.Where(type => type.MediaType.Equals(form, StringComparison.OrdinalIgnoreCase)).Max(static type => (double?)(type.Quality ?? 1));
        var csv = LikedAs(ContentType);
        return csv > 0 && !(LikedAs("application/json") > csv);
    }

    /// <summary>Writes all of it. If it cannot be finished, the connection is cut, so that no client takes a part for the whole.</summary>
    public static async Task WriteAsync(HttpContext http, OperationRunner runner, ReadOperation operation, Call call)
    {
        runner.Demand(operation, call.Caller);
        using var place = http.RequestServices.GetRequiredService<RunningExports>().Begin(call);
        var stopping = http.RequestServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        await using var parts = operation.Csv!.PartsAsync(call, operation.Query).GetAsyncEnumerator(call.Cancel);

        // A refusal is thrown here, while the answer can still be one.
        var isMore = await parts.MoveNextAsync();
        http.Response.ContentType = $"{ContentType}; charset=utf-8; header=present";
        http.Response.Headers.ContentDisposition = $"attachment; filename=\"{operation.Csv.FileName}\"";
        for (; isMore && !HttpMethods.IsHead(http.Request.Method); isMore = await parts.MoveNextAsync())
        {
            if (stopping.IsCancellationRequested)
            {
                http.Abort();
                return;
            }

            await JsonAnswer.WritePiecesAsync(http, parts.Current);
        }
    }
}

using System.Collections.Concurrent;
using System.Text.Json.Serialization.Metadata;
using Pilothouse.Auth;
using Pilothouse.Storage;

namespace Pilothouse.Api;

/// <summary>
/// Keeps finished answers for as long as nobody, this process or another, has committed anything: dashboards ask the same question
/// many times between two writes. Asking whether anything was committed costs a microsecond or two, so an answer is never stale.
/// Only for answers that follow from the request and the database alone, not from the clock or the caller.
/// </summary>
internal sealed class AnswerCache(Database database)
{
    /// <summary>More than this is forgotten at once; the next requests fill it again.</summary>
    private const long MostBytes = 16 * 1024 * 1024;

    private readonly ConcurrentDictionary<(string Path, string Query), Kept> answers = new();
    private long bytes;

    /// <summary>Writes the kept answer, or the one that <paramref name="read"/> makes.</summary>
    public async Task AnswerAsync<T>(HttpContext http, JsonTypeInfo<T> type, Func<Session, ValueTask<T>> read)
    {
        var key = (http.Request.Path.Value ?? "", http.Request.QueryString.Value ?? "");

        // Taken before the reading, so that what is committed meanwhile makes the answer old at once.
        var stamp = await database.StampAsync(http.RequestAborted);
        if (!answers.TryGetValue(key, out var kept) || kept.Stamp != stamp)
        {
            // Written out before the next has its turn: a crowd that asks for large answers is not to have all processors.
            kept = new Kept(stamp, new KeptBytes(await database.ReadAsync(Caller.Of(http).Reads, async session => JsonText.Utf8(await read(session), type), http.RequestAborted)));
            Keep(key, kept);
        }

        await JsonAnswer.WriteAsync(http, kept.Json);
    }

    private void Keep((string Path, string Query) key, Kept kept)
    {
        var size = kept.Json.MostBytes + (2 * (key.Path.Length + key.Query.Length)) + 200;
        if (Interlocked.Add(ref bytes, size) > MostBytes)
        {
            answers.Clear();
            Interlocked.Exchange(ref bytes, size);
        }

        answers[key] = kept;
    }

    private sealed record Kept(long Stamp, KeptBytes Json);
}

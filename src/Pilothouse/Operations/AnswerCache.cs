using System.Collections.Concurrent;
using Pilothouse.Contract;
using Pilothouse.Storage;

namespace Pilothouse.Operations;

/// <summary>
/// Keeps finished answers until this process or another one commits something: dashboards ask the same question many times between two
/// writes. Each request checks for new commits, which takes a microsecond or two, so an answer is never stale. Only for answers that depend
/// on the request and the database alone, not on the clock or the caller.
/// </summary>
internal sealed class AnswerCache(Database database)
{
    /// <summary>The most bytes that are kept. Above this, everything is dropped, and the next requests fill the cache again.</summary>
    private const long MostBytes = 16 * 1024 * 1024;

    private readonly ConcurrentDictionary<(string Path, string Query), Kept> answers = new();
    private long bytes;

    /// <summary>Returns the kept answer, or makes one with <paramref name="read"/> and keeps it.</summary>
    /// <param name="path">The operation's path with its values.</param>
    /// <param name="call">The call, with its caller and its query.</param>
    /// <param name="read">Makes the answer in JSON.</param>
    public async ValueTask<KeptBytes> AnswerAsync(string path, Call call, Func<Session, ValueTask<byte[]>> read)
    {
        var key = (path, call.Query.Text ?? "");

        // The stamp is taken before the read, so that a commit during the read makes the answer stale at once.
        var stamp = await database.StampAsync(call.Cancel);
        if (answers.TryGetValue(key, out var kept) && kept.Stamp == stamp)
        {
            return kept.Json;
        }

        // The JSON is written before the next read gets its turn, so that many large answers do not use all CPU cores.
        var json = new KeptBytes(await database.ReadAsync(call.Caller.Reads, read, call.Cancel));
        Keep(key, new Kept(stamp, json));
        return json;
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

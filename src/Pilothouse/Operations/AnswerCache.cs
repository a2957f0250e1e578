using System.Collections.Concurrent;
using Pilothouse.Contract;
using Pilothouse.Storage;

namespace Pilothouse.Operations;

/// <summary>
/// Keeps finished answers for as long as nobody, this process or another, has committed anything: dashboards ask the same question
/// many times between two writes. Asking whether anything was committed costs a microsecond or two, so an answer is never stale.
/// Only for answers that follow from the request and the database alone, not from the caller; one that tells ages in whole seconds is kept
/// for a second at most.
/// </summary>
internal sealed class AnswerCache(Database database, TimeProvider clock)
{
    /// <summary>More than this is forgotten at once; the next requests fill it again.</summary>
    private const long MostBytes = 16 * 1024 * 1024;

    private readonly ConcurrentDictionary<(string Path, string Query), Kept> answers = new();
    private long bytes;

    /// <summary>The kept answer, or the one that <paramref name="read"/> makes.</summary>
    /// <param name="path">The operation's path with its values.</param>
    /// <param name="call">Who asks, and for what.</param>
    /// <param name="read">Makes the answer in JSON, and says whether it tells an age in whole seconds.</param>
    public async ValueTask<KeptBytes> AnswerAsync(string path, Call call, Func<Session, ValueTask<(byte[] Json, bool TellsAge)>> read)
    {
        var key = (path, call.Query.Text ?? "");

        // Taken before the reading, so that what is committed meanwhile makes the answer old at once.
        var second = clock.GetUtcNow().ToUnixTimeSeconds();
        var stamp = await database.StampAsync(call.Cancel);
        if (answers.TryGetValue(key, out var kept) && kept.Stamp == stamp && (kept.Second ?? second) == second)
        {
            return kept.Json;
        }

        // Written out before the next has its turn: a crowd that asks for large answers is not to have all processors.
        // A question with a parameter may take several statements, which are to see one state.
        var (made, tellsAge) = call.Query.Values is { Count: > 0 }
            ? await database.SnapshotAsync(call.Caller.Reads, read, call.Cancel)
            : await database.ReadAsync(call.Caller.Reads, read, call.Cancel);
        var json = new KeptBytes(made);
        Keep(key, new Kept(stamp, tellsAge ? second : null, json));
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

    private sealed record Kept(long Stamp, long? Second, KeptBytes Json);
}

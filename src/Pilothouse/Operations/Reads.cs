using System.Text.Json.Serialization.Metadata;
using Pilothouse.Auth;
using Pilothouse.Contract;
using Pilothouse.Storage;

namespace Pilothouse.Operations;

/// <summary>An operation that changes nothing.</summary>
internal abstract class ReadOperation(string name, string route, string summary, Type answer) : Operation(name, route, summary)
{
    public override IEnumerable<(int Status, Type Type)> Answers => [(200, answer)];

    public override IEnumerable<int> Refusals =>
        [400, .. Scope == Scopes.None ? Array.Empty<int>() : [401], 403, .. MayFindNothing ? [404] : Array.Empty<int>(), 429, 503];

    /// <summary>The same list as CSV; null if there is none.</summary>
    public CsvExport? Csv { get; init; }

    /// <summary>Carries it out. The caller's scope has been checked before.</summary>
    public abstract ValueTask<KeptBytes> AnswerAsync(Call call, AnswerCache cache);
}

/// <summary>
/// A read whose answer depends on the request and the database alone, not on the clock (but for <see cref="TellsAge"/>) or the caller. The
/// answer is kept until something is committed.
/// </summary>
/// <param name="name">Its name.</param>
/// <param name="route">Its method and path.</param>
/// <param name="summary">What it does, in a few words.</param>
/// <param name="output">The JSON type of the answer.</param>
/// <param name="work">Makes the answer. It may be run again, so it must have no side effect.</param>
internal sealed class Read<T>(string name, string route, string summary, JsonTypeInfo<T> output, Func<Session, Call, QueryValues, ValueTask<T>> work)
    : ReadOperation(name, route, summary, typeof(T))
{
    /// <summary>
    /// Whether an answer tells an age in whole seconds. Such an answer is kept for no longer than the second in which it was made. Null if none
    /// ever does.
    /// </summary>
    public Func<T, bool>? TellsAge { get; init; }

    public override ValueTask<KeptBytes> AnswerAsync(Call call, AnswerCache cache) => cache.AnswerAsync(PathOf(call), call, async session =>
    {
        var answer = await work(session, call, call.Query.Read(Query));
        return (JsonText.Utf8(answer, output), TellsAge?.Invoke(answer) == true);
    });
}

/// <summary>
/// A read whose answer depends on the clock or on something outside of the database. The answer is made anew for each request.
/// </summary>
/// <inheritdoc cref="Read{T}"/>
internal sealed class FreshRead<T>(string name, string route, string summary, Func<Call, QueryValues, ValueTask<KeptBytes>> work)
    : ReadOperation(name, route, summary, typeof(T))
{
    public FreshRead(string name, string route, string summary, JsonTypeInfo<T> output, Func<Call, QueryValues, ValueTask<T>> work)
        : this(name, route, summary, async (call, query) => new KeptBytes(JsonText.Utf8(await work(call, query), output)))
    {
    }

    public override ValueTask<KeptBytes> AnswerAsync(Call call, AnswerCache cache) => work(call, call.Query.Read(Query));
}

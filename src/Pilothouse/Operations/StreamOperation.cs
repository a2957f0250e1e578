using System.IO.Pipelines;

namespace Pilothouse.Operations;

/// <summary>Where a stream is written to.</summary>
/// <param name="Body">The body of the answer.</param>
/// <param name="Abort">Ends the connection at once, for a client that does not read.</param>
internal readonly record struct StreamTarget(PipeWriter Body, Action Abort);

/// <summary>
/// A read whose answer goes on for as long as the client listens. It is refused before it begins, or not at all.
/// </summary>
/// <param name="name">Its name.</param>
/// <param name="route">Its method and path.</param>
/// <param name="summary">What it does, in a few words.</param>
/// <param name="contentType">The content type of the answer.</param>
internal abstract class StreamOperation(string name, string route, string summary, string contentType) : Operation(name, route, summary)
{
    public string ContentType => contentType;

    public override IEnumerable<(int Status, Type Type)> Answers => [(200, typeof(string))];

    public override IEnumerable<int> Refusals => [400, 403, 429, 503];

    /// <summary>Checks the call, and returns what writes the answer until the client or the server ends it.</summary>
    /// <exception cref="Contract.Refusal">The call is refused.</exception>
    public abstract ValueTask<Func<StreamTarget, Task>> BeginAsync(Call call);
}

using System.Text.Json.Serialization.Metadata;
using Pilothouse.Contract;

namespace Pilothouse.Operations;

/// <summary>
/// A long piece of work outside of any transaction, such as a backup. It writes its own row of the audit log when it has changed something.
/// </summary>
internal abstract class ActOperation(string name, string route, string summary) : Operation(name, route, summary)
{
    public override IEnumerable<int> Refusals => [400, 401, 403, .. TargetName is null ? Array.Empty<int>() : [404], 409, 429, 503];

    /// <summary>Carries it out. The caller's scope has been checked before.</summary>
    public abstract ValueTask<Outcome> RunAsync(Call call);
}

/// <inheritdoc/>
/// <param name="name">Its name.</param>
/// <param name="route">Its method and path.</param>
/// <param name="summary">What it does, in a few words.</param>
/// <param name="status">201 if it makes something new, else 200.</param>
/// <param name="output">The JSON type of the answer.</param>
/// <param name="work">The work.</param>
internal sealed class Act<T>(string name, string route, string summary, int status, JsonTypeInfo<T> output, Func<Call, ValueTask<T>> work)
    : ActOperation(name, route, summary)
{
    public override IEnumerable<(int Status, Type Type)> Answers => [(status, typeof(T))];

    public override async ValueTask<Outcome> RunAsync(Call call) => new(status, JsonText.Utf8(await work(call), output), Replayed: false);
}

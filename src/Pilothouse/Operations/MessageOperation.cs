using System.Net;

namespace Pilothouse.Operations;

/// <summary>A message of another program, as it came.</summary>
/// <param name="Body">Its bytes.</param>
/// <param name="ContentType">What the program says that they are; null if it says nothing.</param>
/// <param name="Address">The address that it came from; null if that is not known.</param>
/// <param name="Secret">The secret in the path; null if the path has none.</param>
internal sealed record SentMessage(ReadOnlyMemory<byte> Body, string? ContentType, IPAddress? Address, string? Secret);

/// <summary>
/// Takes messages of programs that cannot send a credential in a header, or JSON of our form. The operation itself finds out who sends a
/// message, and carries it out by other operations.
/// </summary>
internal abstract class MessageOperation(string name, string route, string summary) : Operation(name, route, summary)
{
    /// <summary>The largest message, in bytes.</summary>
    public const int LargestBody = 64 * 1024;

    /// <summary>The name of the secret in the path, if the path has one.</summary>
    public const string SecretName = "secret";

    /// <summary>The type that shows the fields of a message in JSON, for the OpenAPI document.</summary>
    public abstract Type Form { get; }

    public override IEnumerable<int> Refusals => [400, 403, 404, 409, 413, 415, 429, 503, 507];

    /// <summary>Carries it out.</summary>
    public abstract ValueTask<Outcome> RunAsync(Call call, SentMessage message);
}

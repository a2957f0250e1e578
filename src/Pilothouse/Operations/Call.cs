using System.Globalization;
using Pilothouse.Auth;
using Pilothouse.Contract;

namespace Pilothouse.Operations;

/// <summary>The doors through which operations are called, under their names in the audit log.</summary>
internal static class Door
{
    public const string Http = "http";

    /// <summary>The Model Context Protocol.</summary>
    public const string Mcp = "mcp";

    /// <summary>The command line.</summary>
    public const string Command = "command";

    /// <summary>The server's own scheduled work.</summary>
    public const string Job = "job";

    /// <summary>A message of another program.</summary>
    public const string Webhook = "webhook";
}

/// <summary>One call of an operation, through any door.</summary>
/// <param name="Caller">Who calls.</param>
/// <param name="Door">One of <see cref="Operations.Door"/>.</param>
/// <param name="RequestId">The id of the request, for the log and the answer.</param>
/// <param name="Cancel">Cancelled when nobody waits for the answer any more.</param>
internal sealed record Call(Caller Caller, string Door, string RequestId, CancellationToken Cancel)
{
    /// <summary>Returns a call from the command line.</summary>
    public static Call AtCommandLine(CancellationToken cancel = default) => new(Caller.AtCommandLine, Operations.Door.Command, "", cancel);

    /// <summary>Returns a call of the server's own scheduled work.</summary>
    public static Call OfServer(CancellationToken cancel = default) => new(Caller.Server, Operations.Door.Job, "", cancel);

    /// <summary>The client's address, or null.</summary>
    public string? Address { get; init; }

    /// <summary>The consent of a person with which it is carried out; null if it did not wait for one.</summary>
    public GivenConsent? Consent { get; init; }

    /// <summary>The Idempotency-Key of this call, or null.</summary>
    public string? IdempotencyKey { get; init; }

    /// <summary>The Last-Event-ID of a client that continues a stream, or null.</summary>
    public string? LastEventId { get; init; }

    /// <summary>The value of <c>{id}</c> or <c>{name}</c> in the path; null if the operation has neither.</summary>
    public string? Target { get; init; }

    /// <summary>The query parameters, such as filters.</summary>
    public SentQuery Query { get; init; }

    /// <summary>Names that were sent and had no effect.</summary>
    public List<string> Ignored { get; } = [];

    /// <summary>The id in the path. Text that is not a number is answered with 404, like an id that does not exist.</summary>
    public long Id => long.TryParse(Target, NumberStyles.None, CultureInfo.InvariantCulture, out var id)
        ? id
        : throw Refusal.NotFound("Not found", "The id in the path must be a whole number that a list or an answer gave.");

    /// <summary>Adds names that had no effect. Each is listed once.</summary>
    public void Ignore(IEnumerable<string>? names)
    {
        if (names is not null)
        {
            Ignored.AddRange(names.Except(Ignored));
        }
    }
}

using System.Globalization;
using Pilothouse.Auth;
using Pilothouse.Contract;

namespace Pilothouse.Operations;

/// <summary>The doors through which operations are called, as the audit log names them.</summary>
internal static class Door
{
    public const string Http = "http";

    /// <summary>The command line.</summary>
    public const string Command = "command";

    /// <summary>The server's own work by the clock.</summary>
    public const string Job = "job";
}

/// <summary>One call of an operation, whichever door it came through.</summary>
/// <param name="Caller">Who calls.</param>
/// <param name="Door">One of <see cref="Operations.Door"/>.</param>
/// <param name="RequestId">The id under which the log and the answer speak of it.</param>
/// <param name="Cancel">Ends it when nobody waits for the answer any more.</param>
internal sealed record Call(Caller Caller, string Door, string RequestId, CancellationToken Cancel)
{
    /// <summary>A call that the command line makes.</summary>
    public static Call AtCommandLine(CancellationToken cancel = default) => new(Caller.AtCommandLine, Operations.Door.Command, "", cancel);

    /// <summary>A call that the server makes by the clock.</summary>
    public static Call OfServer(CancellationToken cancel = default) => new(Caller.Server, Operations.Door.Job, "", cancel);

    /// <summary>The address from which it came, or null.</summary>
    public string? Address { get; init; }

    /// <summary>The caller's key for a repetition of this call, or null.</summary>
    public string? IdempotencyKey { get; init; }

    /// <summary>What stands in the path for <c>{id}</c> or <c>{name}</c>; null where the operation has neither.</summary>
    public string? Target { get; init; }

    /// <summary>What was sent besides the body, such as filters.</summary>
    public SentQuery Query { get; init; }

    /// <summary>Names that were sent and had no effect.</summary>
    public List<string> Ignored { get; } = [];

    /// <summary>The id in the path; one that is no number is an id that does not exist.</summary>
    public long Id => long.TryParse(Target, NumberStyles.None, CultureInfo.InvariantCulture, out var id)
        ? id
        : throw Refusal.NotFound("Not found", "The id in the path must be a whole number that a list or an answer gave.");

    /// <summary>Notes names that had no effect, each once.</summary>
    public void Ignore(IEnumerable<string>? names)
    {
        if (names is not null)
        {
            Ignored.AddRange(names.Except(Ignored));
        }
    }
}

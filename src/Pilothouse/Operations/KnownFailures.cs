using Pilothouse.Contract;
using Pilothouse.Storage;

namespace Pilothouse.Operations;

/// <summary>What every door says of an exception that is no bug.</summary>
internal static partial class KnownFailures
{
    /// <summary>Returns the refusal that a client gets for it; null if it is a bug, or a matter of one door.</summary>
    public static Refusal? RefusalOf(Exception error) => error switch
    {
        Refusal refusal => refusal,
        DatabaseBusyException busy => new(503, ErrorCodes.Overloaded, "Server overloaded", busy.Message) { RetryAfterSeconds = busy.RetryAfterSeconds, LogReason = busy.Message },
        DatabaseInDoubtException doubt => new(503, ErrorCodes.WriteInDoubt, "Write in doubt", doubt.Message) { RetryAfterSeconds = 5, LogReason = doubt.Message },
        DatabaseFullException full => new(507, ErrorCodes.DiskFull, "Disk full", full.Message) { RetryAfterSeconds = 60, LogReason = full.Message },
        RowKeptAwayException kept => new(409, ErrorCodes.RowKeptAway, "Row kept away", kept.Message) { LogReason = kept.Message },
        DatabaseBrokenException broken => new(503, ErrorCodes.DatabaseUnavailable, "Database unavailable",
            "The database does not answer; the server's log says why. Nothing was acknowledged: send it again when /health is well.")
        { RetryAfterSeconds = 10, LogReason = broken.Message },
        _ => null,
    };

    /// <summary>Returns the refusal that a client gets for any exception. A bug is logged with all that is known of it, and the client gets its request id.</summary>
    public static Refusal RefusalOf(Exception error, string requestId, ILogger logger)
    {
        if (RefusalOf(error) is { } known)
        {
            return known;
        }

        Bug(logger, requestId, error);
        return new(500, ErrorCodes.Internal, "Internal server error", $"Something went wrong here. The log has it under request id {requestId}.");
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Request {RequestId} failed because of a bug in the server")]
    private static partial void Bug(ILogger logger, string requestId, Exception error);
}

namespace Pilothouse.Storage;

/// <summary>The log messages about failed transactions.</summary>
internal static partial class WriterLog
{
    /// <summary>Logs a failed transaction, without a stack trace if the failure is a known one.</summary>
    public static void NoteFailure(this ILogger logger, int count, Exception error, Exception reason)
    {
        if (reason is DatabaseBusyException or DatabaseFullException or DatabaseBrokenException or DatabaseInDoubtException or RowKeptAwayException)
        {
            logger.BatchFailed(count, reason.Message);
        }
        else
        {
            logger.BatchBroke(count, error);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "A transaction of {Count} writes failed and was rolled back; none of them was acknowledged. {Reason}")]
    public static partial void BatchFailed(this ILogger logger, int count, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "A transaction of {Count} writes failed because of a bug and was rolled back; none of them was acknowledged")]
    public static partial void BatchBroke(this ILogger logger, int count, Exception error);

    [LoggerMessage(Level = LogLevel.Error, Message = "A failed transaction could not be rolled back")]
    public static partial void RollbackFailed(this ILogger logger, Exception error);
}

namespace Pilothouse.Storage.Sqlite;

/// <summary>The log messages of <see cref="SqliteWriter"/> about failed transactions.</summary>
internal static partial class SqliteWriterLog
{
    [LoggerMessage(Level = LogLevel.Error, Message = "A transaction of {Count} writes failed and was rolled back; none of them was acknowledged. {Reason}")]
    public static partial void BatchFailed(this ILogger logger, int count, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "A transaction of {Count} writes failed because of a bug and was rolled back; none of them was acknowledged")]
    public static partial void BatchBroke(this ILogger logger, int count, Exception error);

    [LoggerMessage(Level = LogLevel.Error, Message = "A failed transaction could not be rolled back")]
    public static partial void RollbackFailed(this ILogger logger, Exception error);
}

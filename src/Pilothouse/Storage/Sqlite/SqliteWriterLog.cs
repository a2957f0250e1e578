namespace Pilothouse.Storage.Sqlite;

/// <summary>What <see cref="SqliteWriter"/> says of transactions that failed.</summary>
internal static partial class SqliteWriterLog
{
    [LoggerMessage(Level = LogLevel.Error, Message = "A transaction of {Count} writes failed and was rolled back; none of them was acknowledged. {Reason}")]
    public static partial void BatchFailed(this ILogger logger, int count, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "A transaction of {Count} writes failed by a bug and was rolled back; none of them was acknowledged")]
    public static partial void BatchBroke(this ILogger logger, int count, Exception error);

    [LoggerMessage(Level = LogLevel.Error, Message = "A failed transaction could not be rolled back")]
    public static partial void RollbackFailed(this ILogger logger, Exception error);
}

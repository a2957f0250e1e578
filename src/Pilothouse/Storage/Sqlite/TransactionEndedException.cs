namespace Pilothouse.Storage.Sqlite;

/// <summary>
/// One write of a group made SQLite end the group's transaction, not because of the disk but because of a trigger or constraint of another
/// program (RAISE(ROLLBACK), ON CONFLICT ROLLBACK). Nothing of the group is stored.
/// </summary>
internal sealed class TransactionEndedException : Exception
{
    private TransactionEndedException(Exception reason)
        : base(reason.Message, reason) => Reason = reason;

    /// <summary>The failure for the write that ended the transaction.</summary>
    public Exception Reason { get; }

    /// <summary>
    /// Throws if the transaction has ended: the error itself if the disk or a lock is the reason, which fails all writes of the group, else
    /// this exception.
    /// </summary>
    public static void ThrowIf(bool ended, Exception error)
    {
        if (ended)
        {
            var reason = SqliteErrors.Translate(error);
            throw reason is DatabaseBusyException or DatabaseFullException or DatabaseBrokenException
                ? error
                : new TransactionEndedException(reason);
        }
    }
}

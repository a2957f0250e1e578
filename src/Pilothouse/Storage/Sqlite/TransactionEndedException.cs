namespace Pilothouse.Storage.Sqlite;

/// <summary>
/// One write of a group made SQLite end the group's transaction, and the disk is not the reason: a trigger or constraint of another
/// program did it (RAISE(ROLLBACK), ON CONFLICT ROLLBACK). Nothing of the group is stored.
/// </summary>
internal sealed class TransactionEndedException : Exception
{
    private TransactionEndedException(Exception reason)
        : base(reason.Message, reason) => Reason = reason;

    /// <summary>What the one that did it is told.</summary>
    public Exception Reason { get; }

    /// <summary>Throws where the transaction has ended: a full disk, a failing one or a lock ends everybody's write, as before.</summary>
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

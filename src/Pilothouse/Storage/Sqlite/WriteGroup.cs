namespace Pilothouse.Storage.Sqlite;

/// <summary>
/// Runs the writes of one transaction, so that a bad one does not fail the others. At first they run without savepoints, because before a
/// page is changed within a savepoint, SQLite copies it. Most writes that are refused have changed nothing by then, and the others go on.
/// After one that has, the transaction is rolled back and all its writes run again, each within a savepoint.
/// </summary>
internal sealed class WriteGroup(SqliteConnection connection)
{
    private static readonly Sql Savepoint = new("SAVEPOINT item");
    private static readonly Sql Release = new("RELEASE item");
    private static readonly Sql RollbackItem = new("ROLLBACK TO item");

    /// <summary>Whether a write has found a damaged page.</summary>
    public bool IsDamaged { get; private set; }

    /// <summary>Runs the writes, and then what they left to the end of the transaction.</summary>
    /// <returns>How many of them failed on their own.</returns>
    /// <exception cref="HalfDoneWriteException">
    /// A write failed after it had changed something, or what was left to the end failed. The transaction must be rolled back.
    /// </exception>
    /// <exception cref="TransactionEndedException">A write ended the transaction.</exception>
    public int Run(List<QueuedWrite> writes)
    {
        var refused = 0;
        connection.Commit.Drop();
        foreach (var write in writes)
        {
            var changes = connection.TotalChanges;
            try
            {
                write.Run(connection);
            }
            catch (Exception error)
            {
                Note(error);
                if (connection.TotalChanges != changes)
                {
                    throw new HalfDoneWriteException(error);
                }

                write.Refuse(SqliteErrors.Translate(error));
                refused++;
            }
        }

        try
        {
            FinishStates();
        }
        catch (Exception error)
        {
            Note(error);
            throw new HalfDoneWriteException(error);
        }

        return refused;
    }

    /// <summary>Runs each write within a savepoint, with what it left to the end of the transaction.</summary>
    /// <returns>How many of them failed on their own.</returns>
    /// <exception cref="TransactionEndedException">A write ended the transaction.</exception>
    public int RunWithSavepoints(List<QueuedWrite> writes)
    {
        var refused = 0;
        connection.Commit.Drop();
        foreach (var write in writes)
        {
            connection.Get(Savepoint).Renew().Run();
            try
            {
                write.Run(connection);
                FinishStates();
            }
            catch (Exception error)
            {
                Note(error);
                connection.Commit.Drop();
                connection.Get(RollbackItem).Renew().Run();
                write.Refuse(SqliteErrors.Translate(error));
                refused++;
            }

            connection.Get(Release).Renew().Run();
        }

        return refused;
    }

    private void FinishStates()
    {
        var finishing = connection.Commit.FinishAsync(connection);
        if (!finishing.IsCompleted)
        {
            throw new InvalidOperationException("Work given to a write may only await its session.");
        }

        finishing.GetAwaiter().GetResult();
    }

    /// <summary>Throws if SQLite has ended the whole transaction: then none of its writes is stored.</summary>
    private void Note(Exception error)
    {
        IsDamaged |= error is SqliteException { IsDamage: true };
        TransactionEndedException.ThrowIf(connection.AutoCommit, error);
    }
}

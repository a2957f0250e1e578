using System.Diagnostics;

namespace Pilothouse.Storage.Sqlite;

/// <summary>
/// Takes the write lock of the file. SQLite itself waits up to a tenth of a second between two attempts; a bot that commits row after row
/// would hold the lock again each time, and our writes would wait until the bot ends.
/// </summary>
internal sealed class WriteLock(SqliteConnection connection) : IDisposable
{
    private static readonly Sql Begin = new("BEGIN IMMEDIATE");
    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromMilliseconds(1);

    private readonly ManualResetEventSlim lookAgain = new();
    private readonly bool marks = ForeignTimeTriggers.AreThere(connection);

    /// <summary>Begins a transaction that holds the write lock.</summary>
    /// <exception cref="SqliteException">Another program has held it for longer than
    /// <see cref="SqliteConnection.LockPatience"/>.</exception>
    public void Take()
    {
        var begin = connection.Get(Begin).Renew();
        connection.WaitForLocks(TimeSpan.Zero);
        try
        {
            for (var began = Stopwatch.GetTimestamp(); !begin.TryRun(); lookAgain.Wait(LookAgainAfter))
            {
                if (Stopwatch.GetElapsedTime(began) >= SqliteConnection.LockPatience)
                {
                    throw new SqliteException(SQLitePCL.raw.SQLITE_BUSY, "database is locked");
                }
            }
        }
        finally
        {
            connection.WaitForLocks(SqliteConnection.LockPatience);
        }

        if (marks)
        {
            ForeignTimeTriggers.MarkAsOurs(connection);
        }
    }

    /// <summary>Called before the commit. It removes the mark of the server's own transaction.</summary>
    public void Finish()
    {
        if (marks)
        {
            ForeignTimeTriggers.Finish(connection);
        }
    }

    public void Dispose() => lookAgain.Dispose();
}

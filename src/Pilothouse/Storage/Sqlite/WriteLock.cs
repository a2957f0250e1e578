using System.Diagnostics;

namespace Pilothouse.Storage.Sqlite;

/// <summary>
/// Takes the file's write lock. SQLite's own waiting looks again after up to a tenth of a second, and a bot that commits row after row has
/// the lock again by then: beside one, our writes waited until it had ended.
/// </summary>
internal sealed class WriteLock(SqliteConnection connection) : IDisposable
{
    private static readonly Sql Begin = new("BEGIN IMMEDIATE");
    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromMilliseconds(1);

    private readonly ManualResetEventSlim lookAgain = new();
    private readonly bool marks = ForeignTimeTriggers.AreThere(connection);

    /// <summary>Begins a transaction that has it; where triggers look at what others write, it says that it is the server's.</summary>
    /// <exception cref="SqliteException">Another program has held it for longer than <see cref="SqliteConnection.LockPatience"/>.</exception>
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

    /// <summary>Before the commit: what says that it is the server's transaction must not outlast it.</summary>
    public void Finish()
    {
        if (marks)
        {
            ForeignTimeTriggers.Finish(connection);
        }
    }

    public void Dispose() => lookAgain.Dispose();
}
